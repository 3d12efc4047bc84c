import type { PublishedApp } from './testbed/published-app.ts';

/** Who may reach what: an entry per container that looks, with what it must find at each target. */
interface Policies {
  /** The policies, for the namespace of the application. */
  readonly app: PublishedApp;
  /** A way that is open without them: when it is closed they are in force. */
  readonly closed: readonly [{ readonly from: string; readonly to: string }];
  readonly answers: readonly {
    /** `outsider` is a pod of another namespace. */
    readonly from: string;
    readonly targets: Readonly<Record<string, 'connected' | 'no answer'>>;
  }[];
}

const sockShopDir = 'sock-shop/deploy/kubernetes';
export const sockShop: PublishedApp = {
  title: 'sock-shop complete-demo.yaml',
  namespace: 'sock-shop',
  files: `${sockShopDir}/complete-demo.yaml`,
};
/** The same objects, a file each. */
export const sockShopAgain: PublishedApp = { ...sockShop, title: 'sock-shop', files: `${sockShopDir}/manifests` };

const boutique: PublishedApp = {
  title: 'online-boutique kustomize/',
  namespace: 'boutique-kustomize',
  kustomize: 'online-boutique/kustomize',
};

export const published: readonly PublishedApp[] = [
  {
    title: 'online-boutique release/kubernetes-manifests.yaml',
    namespace: 'boutique',
    files: 'online-boutique/release/kubernetes-manifests.yaml',
  },
  boutique,
  { title: 'podinfo kustomize/', namespace: 'podinfo', kustomize: 'podinfo/kustomize' },
  { title: 'podinfo deploy/webapp', namespace: 'webapp', files: 'podinfo/deploy/webapp' },
  { title: 'podinfo deploy/overlays/dev', namespace: 'dev', kustomize: 'podinfo/deploy/overlays/dev' },
  {
    title: 'retail-store dist/kubernetes',
    namespace: 'retail-store',
    files: 'retail-store/dist/kubernetes/deploy.yaml',
  },
  { title: 'voting-app k8s-specifications/', namespace: 'voting-app', files: 'voting-app/k8s-specifications' },
];

export const withPolicies: ReadonlyMap<PublishedApp, Policies> = new Map<PublishedApp, Policies>([
  [
    sockShop,
    {
      app: { ...sockShop, files: `${sockShopDir}/manifests-policy` },
      closed: [{ from: 'deployment/front-end', to: 'catalogue-db:3306' }],
      answers: [
        { from: 'deployment/catalogue', targets: { 'catalogue-db:3306': 'connected', 'front-end:80': 'connected' } },
        {
          from: 'deployment/front-end',
          targets: {
            'catalogue:80': 'connected',
            'orders:80': 'connected',
            'user:80': 'connected',
            'catalogue-db:3306': 'no answer',
            'user-db:27017': 'no answer',
            'payment:80': 'no answer',
            // Selected by the policy for all pods, and by none that lets the front end in.
            'session-db:6379': 'no answer',
          },
        },
        {
          from: 'deployment/orders',
          targets: {
            'orders-db:27017': 'connected',
            'payment:80': 'connected',
            'shipping:80': 'connected',
            'catalogue:80': 'no answer',
          },
        },
        // The policies say "cart" where the pods say "carts".
        { from: 'deployment/carts', targets: { 'carts-db:27017': 'no answer' } },
        // The exporter's port is nobody's.
        { from: 'deployment/shipping', targets: { 'rabbitmq:5672': 'connected', 'rabbitmq:9090': 'no answer' } },
        {
          from: 'outsider',
          targets: {
            'front-end.sock-shop:80': 'connected',
            'catalogue-db.sock-shop:3306': 'no answer',
            'catalogue.sock-shop:80': 'no answer',
          },
        },
      ],
    },
  ],
  [
    boutique,
    {
      app: { ...boutique, components: ['components/network-policies'] },
      closed: [{ from: 'deployment/frontend', to: 'redis-cart:6379' }],
      answers: [
        {
          from: 'deployment/frontend',
          targets: {
            'cartservice:7070': 'connected',
            'productcatalogservice:3550': 'connected',
            'redis-cart:6379': 'no answer',
            'paymentservice:50051': 'no answer',
          },
        },
        { from: 'deployment/checkoutservice', targets: { 'paymentservice:50051': 'connected' } },
        { from: 'deployment/cartservice', targets: { 'redis-cart:6379': 'connected', 'adservice:9555': 'no answer' } },
        {
          from: 'outsider',
          targets: { 'frontend.boutique-kustomize:80': 'connected', 'adservice.boutique-kustomize:9555': 'no answer' },
        },
        // No policy is for this pod but the one that denies all: it may not even ask for a name.
        { from: 'daemonset/prober', targets: { 'frontend:80': 'no answer' } },
      ],
    },
  ],
]);

const gatewayKinds = [
  'Gateway gateway.networking.k8s.io/v1beta1',
  'HTTPRoute gateway.networking.k8s.io/v1beta1',
  'ServiceEntry networking.istio.io/v1alpha3',
  'ServiceEntry networking.istio.io/v1alpha3',
  'VirtualService networking.istio.io/v1alpha3',
];

/** What else the same authors publish, and the kinds in it that the server does not have. */
export const refused: readonly {
  readonly title: string;
  readonly app: PublishedApp;
  readonly kinds: readonly string[];
}[] = [
  other('online-boutique/release/istio-manifests.yaml', gatewayKinds),
  other('podinfo/deploy/secure', ['Certificate cert-manager.io/v1', 'ClusterIssuer cert-manager.io/v1']),
  other(`${sockShopDir}/manifests-logging`, [
    'ClusterRole rbac.authorization.k8s.io/v1beta1',
    'ClusterRoleBinding rbac.authorization.k8s.io/v1beta1',
  ]),
  other(`${sockShopDir}/autoscaling`, ['ClusterRoleBinding rbac.authorization.k8s.io/v1beta1']),
  other(`${sockShopDir}/manifests-alerting`, []),
  other(`${sockShopDir}/manifests-jaeger`, []),
  other(`${sockShopDir}/manifests-loadtest`, []),
  other(`${sockShopDir}/manifests-monitoring`, []),
];

function other(files: string, kinds: readonly string[]): (typeof refused)[number] {
  return { title: files, app: { title: files, namespace: 'default', files }, kinds };
}
