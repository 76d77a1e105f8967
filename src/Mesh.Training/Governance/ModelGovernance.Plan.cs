using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Streaming.Topologies;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Governance.Policy;
using Mesh.Training.Jobs;
using Mesh.Training.Models;

namespace Mesh.Training.Governance;

/// <summary>What a decision would change, and whether the rules allow it.</summary>
public sealed partial class ModelGovernance
{
    private async Task<Decision> BuildAsync(MetadataSession session, GovernanceRequest request, DateTimeOffset at)
    {
        var plan = await PlanAsync(session, request).ConfigureAwait(false);
        var actor = await ActorAsync(session, request.KeySha256).ConfigureAwait(false);
        var (sequence, hash) = await DecisionLog.HeadAsync(session).ConfigureAwait(false);
        var details = plan.Details;
        if (plan.Changes.Count > 0) details["changes"] = JsonSerializer.SerializeToNode(plan.Changes, TrainingJson.Options);
        if (plan.Aliases.Count > 0) details["aliases"] = JsonSerializer.SerializeToNode(plan.Aliases, TrainingJson.Options);
        if (plan.Entry is not null) details["lifecycle_sha256"] = lifecycle.Sha256;
        var evidence = plan.Evidence.ToList();
        if (plan.Gates.Count > 0) evidence.Insert(0, await GatesHeldAsync(session, plan).ConfigureAwait(false));
        return new Decision
        {
            Sequence = sequence + 1,
            Previous = hash,
            Kind = plan.Kind,
            Subject = plan.Subject,
            SubjectSha256 = plan.Entry?.Sha256 ?? "",
            Actor = actor.Name,
            Person = actor.Person,
            KeySha256 = actor.KeySha256,
            Roles = actor.Roles,
            Reason = request.Reason,
            At = Decision.TimeOf(at),
            Details = details,
            Evidence = evidence,
        };
    }

    private async Task<Plan> PlanAsync(MetadataSession session, GovernanceRequest request)
    {
        var actor = await ActorAsync(session, request.KeySha256).ConfigureAwait(false);
        if (string.IsNullOrWhiteSpace(request.Reason)) throw new MeshException("MESH9629", "A decision needs a reason: give `--reason TEXT`.");
        if (request.Reason.Length > MaxReasonCharacters) throw new MeshException("MESH9629", $"The reason has {request.Reason.Length:N0} characters; at most {MaxReasonCharacters:N0} are kept. Put the rest where the reason can point to.");
        return request.Action switch
        {
            GovernanceAction.Promote => await PlanMoveAsync(session, request, actor).ConfigureAwait(false),
            GovernanceAction.Approve => await PlanApprovalAsync(session, request, actor).ConfigureAwait(false),
            GovernanceAction.Rollback => await PlanRollbackAsync(session, request, actor).ConfigureAwait(false),
            GovernanceAction.Alias => await PlanAliasAsync(session, request, actor).ConfigureAwait(false),
            _ => PlanWithdrawal(request),
        };
    }

    private async Task<Plan> PlanMoveAsync(MetadataSession session, GovernanceRequest request, Identity actor)
    {
        var entry = await RequireAsync(session, request.Model, request.Version).ConfigureAwait(false);
        var transition = Move(entry, request.To);
        string subject = ModelReference.Text(entry.Name, entry.Version);
        RequireRole(actor, transition.Roles, $"Moving {subject} from {entry.LifecycleState} to {request.To}");
        var evidence = new List<Evidence>();
        if (transition.Approvals is { } rule)
        {
            var approvals = await ApprovalsAsync(session, entry, transition.To).ConfigureAwait(false);
            if (ApprovalCount.WhatIsMissing(rule, [.. approvals.Select(approval => (approval.Person, approval.Roles))]) is { } missing)
            {
                throw new MeshException("MESH9625", $"{subject} cannot go from {entry.LifecycleState} to {request.To}: {missing}. `mesh models approve {subject} --as NAME --reason TEXT` gives one.");
            }

            evidence.AddRange(approvals.Select(approval => new Evidence($"approval by {approval.Actor}", approval.Hash)));
        }

        var changes = new List<StateChange> { new(subject, entry.LifecycleState, request.To) };
        var aliases = new List<AliasChange>();
        var released = await ModelStore.ReleasedAsync(session, entry.Name).ConfigureAwait(false);
        if (request.To == Lifecycle.Released)
        {
            if (released is not null) changes.Insert(0, new StateChange(ModelReference.Text(released.Name, released.Version), Lifecycle.Released, Lifecycle.Retired));
            aliases.Add(new AliasChange(entry.Name, Lifecycle.Released, released?.Version ?? 0, entry.Version));
        }
        else if (entry.LifecycleState == Lifecycle.Released)
        {
            aliases.Add(new AliasChange(entry.Name, Lifecycle.Released, entry.Version, 0));
        }

        return new Plan
        {
            Entry = entry,
            Kind = request.To switch
            {
                Lifecycle.Released => DecisionKind.Release,
                Lifecycle.Rejected => DecisionKind.Rejection,
                _ => DecisionKind.Transition,
            },
            To = request.To,
            Gates = transition.Gates,
            Changes = changes,
            Aliases = aliases,
            Details = new JsonObject { ["from"] = entry.LifecycleState, ["to"] = request.To },
            Evidence = evidence,
        };
    }

    private async Task<Plan> PlanApprovalAsync(MetadataSession session, GovernanceRequest request, Identity actor)
    {
        var entry = await RequireAsync(session, request.Model, request.Version).ConfigureAwait(false);
        string subject = ModelReference.Text(entry.Name, entry.Version);
        if (lifecycle.AwaitingApproval(entry.LifecycleState) is not { Approvals: { } rule } transition)
        {
            var awaiting = lifecycle.Transitions.Where(candidate => candidate.Approvals is not null).SelectMany(candidate => candidate.From).Distinct();
            throw new MeshException("MESH9626", $"{subject} is {entry.LifecycleState}, where nothing awaits approval; approvals are given to versions that are {string.Join(" or ", awaiting)}.");
        }

        if (rule.NotAuthor && await AuthorAsync(session, entry).ConfigureAwait(false) is { } author && (author == actor.Name || author == actor.Person))
        {
            throw new MeshException("MESH9626", $"{actor.Name} owns the topology whose rule asked for the job of {subject}, and so cannot approve it. Somebody else has to.");
        }

        if (rule.NotSubmitter && await SubmitterAsync(session, subject).ConfigureAwait(false) == actor.Person)
        {
            throw new MeshException("MESH9626", $"{actor.Name} moved {subject} to {entry.LifecycleState}, and so cannot approve it. Somebody else has to.");
        }

        var approvals = await ApprovalsAsync(session, entry, transition.To).ConfigureAwait(false);
        if (approvals.FirstOrDefault(approval => approval.Person == actor.Person) is { } earlier)
        {
            throw new MeshException("MESH9626", $"{actor.Person} has approved {subject} already, as {earlier.Actor}; a second approval of one person does not count, with whatever key or identity. Somebody else has to.");
        }

        if (rule.Roles.Count == rule.People && !rule.Roles.Intersect(actor.Roles).Any())
        {
            throw new MeshException("MESH9622", $"Approving {subject} needs one of the roles {string.Join(", ", rule.Roles)}; {actor.Name} has {Names(actor.Roles)}.");
        }

        return new Plan
        {
            Entry = entry,
            Kind = DecisionKind.Approval,
            To = transition.To,
            Details = new JsonObject { ["from"] = entry.LifecycleState, ["to"] = transition.To },
        };
    }

    private async Task<Plan> PlanRollbackAsync(MetadataSession session, GovernanceRequest request, Identity actor)
    {
        RequireRole(actor, lifecycle.RollbackRoles, $"Rolling {request.Model} back");
        var released = await ModelStore.ReleasedAsync(session, request.Model).ConfigureAwait(false);
        int before = await ReleaseHistory.BeforeAsync(session, request.Model).ConfigureAwait(false)
            ?? throw new MeshException("MESH9627", $"There is no release of {request.Model} before {(released is null ? "now" : $"version {released.Version}")} to go back to. `mesh models history {request.Model}` shows them.");
        var entry = await RequireAsync(session, request.Model, before).ConfigureAwait(false);
        string subject = ModelReference.Text(entry.Name, entry.Version);
        if (entry.LifecycleState != Lifecycle.Retired) throw new MeshException("MESH9627", $"{subject}, released before, is {entry.LifecycleState} now and so cannot be gone back to.");
        var changes = new List<StateChange> { new(subject, Lifecycle.Retired, Lifecycle.Released) };
        if (released is not null) changes.Insert(0, new StateChange(ModelReference.Text(released.Name, released.Version), Lifecycle.Released, Lifecycle.Retired));
        return new Plan
        {
            Entry = entry,
            Kind = DecisionKind.Rollback,
            To = Lifecycle.Released,
            Gates = lifecycle.RollbackGates,
            Changes = changes,
            Aliases = [new AliasChange(entry.Name, Lifecycle.Released, released?.Version ?? 0, entry.Version)],
            Details = new JsonObject { ["from"] = entry.LifecycleState, ["to"] = Lifecycle.Released },
        };
    }

    private async Task<Plan> PlanAliasAsync(MetadataSession session, GovernanceRequest request, Identity actor)
    {
        var entry = await RequireAsync(session, request.Model, request.Version).ConfigureAwait(false);
        string subject = ModelReference.Text(entry.Name, entry.Version);
        if (!AliasName().IsMatch(request.Alias)) throw new MeshException("MESH9628", $"'{request.Alias}' is no name for a version: up to 50 lower-case letters, digits and '-', beginning with a letter.");
        if (request.Alias == Lifecycle.Released) throw new MeshException("MESH9628", "The alias 'released' follows releases and rollbacks and is not moved by hand.");
        if (entry.LifecycleState == Lifecycle.Rejected) throw new MeshException("MESH9628", $"{subject} is rejected; a rejected version gets no name.");
        RequireRole(actor, lifecycle.AliasRoles, $"Moving the alias {request.Alias} of {entry.Name}");
        int before = await session.ScalarAsync<int?>(
            "SELECT version FROM model_aliases WHERE name = @Model AND alias = @Alias", new { request.Model, request.Alias }).ConfigureAwait(false) ?? 0;
        if (before == entry.Version) throw new MeshException("MESH9628", $"{request.Alias} is {subject} already.");
        return new Plan { Entry = entry, Kind = DecisionKind.Alias, Aliases = [new AliasChange(entry.Name, request.Alias, before, entry.Version)] };
    }

    private static Plan PlanWithdrawal(GovernanceRequest request)
    {
        if (request.Recordings.Count == 0) throw new MeshException("MESH9633", "No recording is named.");
        if (request.Recordings.FirstOrDefault(id => !IngestId.TryParse(id, out _)) is { } bad) throw new MeshException("MESH9633", $"'{bad}' is no ingest id: 64 hexadecimal digits. `mesh recordings list` shows them.");
        string[] ids = [.. request.Recordings.Distinct().Order(StringComparer.Ordinal)];
        return new Plan
        {
            Kind = DecisionKind.Withdrawal,
            Other = ids.Length == 1 ? $"recording:{ids[0]}" : $"recordings:{ids.Length}",
            Details = new JsonObject { ["recordings"] = new JsonArray([.. ids.Select(id => JsonValue.Create(id))]) },
        };
    }

    /// <summary>The evaluation that the decision rests on: the newest of this move, which passed, of this file and this lifecycle, with no withdrawal since.</summary>
    private async Task<Evidence> GatesHeldAsync(MetadataSession session, Plan plan)
    {
        var newest = (await NewestAsync(session, "subject = @subject AND kind = 'gates'", new { subject = plan.Subject }).ConfigureAwait(false))
            ?? throw new MeshException("MESH9630", "The gates have not been evaluated. Draft the decision.", isTransient: true);
        var decision = newest.Decision;
        var withdrawal = await NewestAsync(session, "kind = 'withdrawal'", new { }).ConfigureAwait(false);
        bool holds = decision.Details["outcome"]?.GetValue<string>() == "passed" && decision.Details["to"]?.GetValue<string>() == plan.To
            && decision.Details["lifecycle_sha256"]?.GetValue<string>() == lifecycle.Sha256 && decision.SubjectSha256 == plan.Entry!.Sha256
            && (withdrawal is null || withdrawal.Decision.Sequence < decision.Sequence);
        return holds ? new Evidence("gates", newest.Hash) : throw new MeshException("MESH9630", "The gates have to be evaluated again. Draft the decision again.", isTransient: true);
    }

    private async Task<IReadOnlyList<ApprovalView>> ApprovalsAsync(MetadataSession session, ModelEntry entry, string to)
    {
        string subject = ModelReference.Text(entry.Name, entry.Version);
        var approvals = new List<ApprovalView>();
        foreach (var signed in await DecisionLog.ListAsync(session, subject, 0, int.MaxValue).ConfigureAwait(false))
        {
            var decision = signed.Decision;
            // What was agreed to before the version last moved was agreed to then.
            if (ReleaseHistory.Changes(decision).Any(change => change.Model == subject)) approvals.Clear();
            bool counts = decision.Kind == DecisionKind.Approval && decision.SubjectSha256 == entry.Sha256
                && decision.Details["from"]?.GetValue<string>() == entry.LifecycleState && decision.Details["to"]?.GetValue<string>() == to
                && decision.Details["lifecycle_sha256"]?.GetValue<string>() == lifecycle.Sha256;
            if (counts) approvals.Add(new ApprovalView(decision.Actor, decision.Person, decision.Roles, decision.At, decision.Reason, signed.Hash));
        }

        return approvals;
    }

    /// <summary>Owner of the topology whose rule asked for the job; null when the topology is not known.</summary>
    private static async Task<string?> AuthorAsync(MetadataSession session, ModelEntry entry)
    {
        if (await JobStore.FindRequestAsync(session, entry.JobId).ConfigureAwait(false) is not { } request) return null;
        string? yaml = await session.FirstOrDefaultAsync<string>(
            "SELECT yaml FROM topologies WHERE name = @Topology AND CAST(version AS TEXT) = @TopologyVersion", new { request.Topology, request.TopologyVersion }).ConfigureAwait(false);
        return yaml is null ? null : TopologyNode.Load(yaml, new TopologyErrors(request.Topology))?.Get("metadata")?.GetText("owner", "") is { Length: > 0 } owner ? owner : null;
    }

    private static async Task<string?> SubmitterAsync(MetadataSession session, string subject) =>
        (await NewestAsync(session, "subject = @subject AND kind IN ('transition', 'release')", new { subject }).ConfigureAwait(false))?.Decision.Person;

    private static async Task<SignedDecision?> NewestAsync(MetadataSession session, string condition, object parameters)
    {
        var row = await session.FirstOrDefaultAsync<EntryRow>(
            $"SELECT entry Text, hash Hash, signature Signature FROM decisions WHERE {condition} ORDER BY sequence DESC LIMIT 1", parameters).ConfigureAwait(false);
        return row is null ? null : new SignedDecision(row.Text, row.Hash, row.Signature);
    }

    private LifecycleTransition Move(ModelEntry entry, string to)
    {
        string subject = ModelReference.Text(entry.Name, entry.Version);
        if (!lifecycle.States.Contains(to)) throw new MeshException("MESH9623", $"'{to}' is no state of the lifecycle; there are {string.Join(", ", lifecycle.States)}.");
        if (entry.LifecycleState == to) throw new MeshException("MESH9623", $"{subject} is {to} already.");
        if (lifecycle.Find(entry.LifecycleState, to) is { } transition) return transition;
        var next = lifecycle.NextOf(entry.LifecycleState);
        string ways = next.Count == 0 ? "that is its end" : $"from there it can go to {string.Join(", ", next)}";
        string? way = WayTo(entry.LifecycleState, to);
        throw new MeshException("MESH9623", $"{subject} is {entry.LifecycleState} and cannot go to {to} at once: {ways}.{(way is null ? "" : $" The way to {to} is {way}.")}");
    }

    // The shortest way, for the message: what is missing before the move.
    private string? WayTo(string from, string to)
    {
        var cameFrom = new Dictionary<string, string> { [from] = "" };
        var queue = new Queue<string>([from]);
        while (queue.TryDequeue(out string? state))
        {
            foreach (string next in lifecycle.NextOf(state).Where(next => cameFrom.TryAdd(next, state))) queue.Enqueue(next);
        }

        if (!cameFrom.ContainsKey(to)) return null;
        var way = new List<string>();
        for (string state = to; state.Length > 0; state = cameFrom[state]) way.Insert(0, state);
        return string.Join(", then ", way.Skip(1));
    }

    private static async Task<ModelEntry> RequireAsync(MetadataSession session, string model, int version) =>
        await ModelStore.LoadAsync(session, model, version).ConfigureAwait(false)
        ?? throw new MeshException("MESH9620", $"There is no {ModelReference.Text(model, version)}. `mesh models list` shows the versions there are.");

    private static async Task<Identity> ActorAsync(MetadataSession session, string keySha256)
    {
        var identity = await IdentityStore.FindByKeyAsync(session, keySha256).ConfigureAwait(false)
            ?? throw new MeshException("MESH9621", $"No identity is registered here with the key {keySha256}. `mesh identity create NAME --roles ROLE` makes and registers one.");
        if (identity.RevokedAt is { } revoked) throw new MeshException("MESH9621", $"The key {keySha256} of {identity.Name} was revoked at {revoked:u}. Sign with another.");
        return identity.Name == Identity.Server ? throw new MeshException("MESH9621", "The server's own key decides nothing about models; sign as a person.") : identity;
    }

    private static void RequireRole(Identity actor, IReadOnlyList<string> roles, string what)
    {
        if (roles.Count == 0 || roles.Intersect(actor.Roles).Any()) return;
        throw new MeshException("MESH9622", $"{what} needs {(roles.Count == 1 ? $"the role {roles[0]}" : $"one of the roles {string.Join(", ", roles)}")}; {actor.Name} has {Names(actor.Roles)}.");
    }

    private static string Names(IReadOnlyList<string> roles) => roles.Count == 0 ? "none" : string.Join(", ", roles);

    [GeneratedRegex("^[a-z][a-z0-9-]{0,49}$")]
    private static partial Regex AliasName();

    private sealed class EntryRow
    {
        public string Text { get; init; } = "";
        public string Hash { get; init; } = "";
        public string Signature { get; init; } = "";
    }
}
