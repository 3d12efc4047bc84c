import { FakeProvider } from './testing/fake-provider.ts';
import { describeProviderConformance } from './testing/provider-conformance.ts';

describeProviderConformance('the fake', async () => {
  const provider = new FakeProvider();
  return { provider, again: () => provider, dispose: () => provider.stop() };
});
