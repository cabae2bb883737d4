/** Where to paste the address, for each sender. `generic` is our own format: anything that can post JSON. */
export const HOOK_PLACES: readonly { readonly sender: string; readonly place: string }[] = [
  { sender: 'docker-hub', place: 'Docker Hub: repository → Webhooks → Webhook URL' },
  {
    sender: 'distribution',
    place: 'registry: config.yml → notifications → endpoints → url (timeout: 5s)',
  },
  {
    sender: 'github',
    place:
      'GitHub: repository or organisation → Settings → Webhooks; content type application/json, event Packages; the hook secret as Secret',
  },
  {
    sender: 'gitlab',
    place:
      'GitLab: as notification endpoint of its registry in gitlab.rb (registry_notifications_endpoints)',
  },
  {
    sender: 'gitea',
    place: 'Gitea, Forgejo: Settings → Webhooks; event Packages; the hook secret as Secret',
  },
  { sender: 'harbor', place: 'Harbor: project → Webhooks; event Artifact pushed' },
  {
    sender: 'quay',
    place:
      'Quay: repository → Settings → Events and Notifications → Push to Repository → Webhook POST',
  },
  { sender: 'azure', place: 'Azure: container registry → Webhooks → Service URI; action push' },
  {
    sender: 'aws-ecr',
    place: 'AWS: EventBridge rule for "ECR Image Action" → API destination → endpoint',
  },
  {
    sender: 'google-artifact-registry',
    place: 'Google Cloud: Pub/Sub topic gcr → push subscription → endpoint URL',
  },
  { sender: 'nexus', place: 'Nexus: Capabilities → Webhook: Repository; event type component' },
  { sender: 'jfrog', place: 'JFrog: Administration → Webhooks; event Docker → Tag was pushed' },
  { sender: 'alibaba-acr', place: 'Alibaba Cloud: Container Registry → repository → Triggers' },
  { sender: 'zot', place: 'zot: extensions → events → sinks, of type http' },
  {
    sender: 'cdevents',
    place: 'anything that sends CDEvents: artifact.published, with a pkg:oci package URL',
  },
  { sender: 'cloudevents', place: 'anything that sends CloudEvents over HTTP' },
  { sender: 'generic', place: 'anything else, e.g. a CI job after its push' },
];
