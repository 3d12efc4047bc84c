import type { FieldError } from '../errors.ts';
import type { Node, Taint } from '../generated/types.ts';
import { isIpv4 } from '../lib/ip.ts';
import { validateCidr } from '../validation/common.ts';
import { duplicate, forbidden, invalidValue, required } from '../validation/field-errors.ts';
import { FieldPath } from '../validation/field-path.ts';
import { validateLabelName } from '../validation/labels.ts';
import { labelValueProblems } from '../validation/names.ts';
import { validateResourceList } from '../validation/resources.ts';
import { validateTaintEffect } from './pod/scheduling-validation.ts';

const spec = FieldPath.of('spec');
const status = FieldPath.of('status');
const cidrsPath = spec.child('podCIDRs');

/** The rules of a Node. */
export function validateNode(node: Node): FieldError[] {
  const errors: FieldError[] = [];
  // Kubernetes files taints under the metadata, where they once were annotations.
  validateTaints(node.spec.taints ?? [], FieldPath.of('metadata').child('taints'), errors);
  validateResourceList(node.status.capacity, status.child('capacity'), errors);
  validateResourceList(node.status.allocatable, status.child('allocatable'), errors);
  validatePodCidrs(node.spec.podCIDRs ?? [], errors);
  return errors;
}

/** What of a Node may not change: its pod CIDRs and its provider's id, once they are set. */
export function validateNodeUpdate(next: Node, previous: Node): FieldError[] {
  const errors: FieldError[] = [];
  const { podCIDRs: old = [], providerID } = previous.spec;
  const cidrs = next.spec.podCIDRs ?? [];
  if (old.length > 0 && (old.length !== cidrs.length || old.some((cidr, index) => cidr !== cidrs[index]))) {
    errors.push(forbidden(cidrsPath, 'node updates may not change podCIDR except from "" to valid'));
  }
  if (providerID && providerID !== next.spec.providerID) {
    const text = 'node updates may not change providerID except from "" to valid';
    errors.push(forbidden(spec.child('providerID'), text));
  }
  const seen = new Set<string>();
  for (const [index, address] of (next.status.addresses ?? []).entries()) {
    const key = `${address.type}/${address.address}`;
    if (seen.has(key)) errors.push(duplicate(status.child('addresses').index(index), address));
    seen.add(key);
  }
  return errors;
}

/** The rules of a list of taints. */
export function validateTaints(taints: readonly Taint[], taintsPath: FieldPath, errors: FieldError[]): void {
  const seen = new Set<string>();
  for (const [index, taint] of taints.entries()) {
    const path = taintsPath.index(index);
    const { key = '', value = '', effect } = taint;
    validateLabelName(key, path.child('key'), errors);
    const problems = labelValueProblems(value);
    if (problems.length > 0) errors.push(invalidValue(path.child('value'), value, problems.join(';')));
    if (!effect) errors.push(required(path.child('effect')));
    else validateTaintEffect(effect, path.child('effect'), errors);
    const pair = `${key}:${effect}`;
    if (seen.has(pair)) errors.push(duplicate(path, taint, 'taints must be unique by key and effect pair'));
    seen.add(pair);
  }
}

function validatePodCidrs(cidrs: readonly string[], errors: FieldError[]): void {
  for (const [index, cidr] of cidrs.entries()) {
    validateCidr(cidr, cidrsPath.index(index), errors);
    if (cidrs.indexOf(cidr) < index) errors.push(duplicate(cidrsPath.index(index), cidr));
  }
  const v4 = cidrs.filter((cidr) => isIpv4(cidr.split('/')[0] ?? '')).length;
  if (v4 > 1 || cidrs.length - v4 > 1) {
    errors.push(invalidValue(cidrsPath, cidrs, 'may specify no more than one CIDR for each IP family'));
  }
}
