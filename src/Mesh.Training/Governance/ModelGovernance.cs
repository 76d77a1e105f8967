using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Governance.Gates;
using Mesh.Training.Governance.Lineage;
using Mesh.Training.Governance.Policy;
using Mesh.Training.Jobs;
using Mesh.Training.Models;

namespace Mesh.Training.Governance;

/// <summary>
/// Decisions about models. A decision is drafted here, signed where the actor's key is, and committed here, where it is drafted once more
/// and must come out the same: what was checked for the draft holds in the transaction that changes the state. Mesh signs by itself only
/// what it finds (gates) and whom it knows (identities).
/// </summary>
/// <remarks>
/// Errors: <c>MESH9620</c> no such version, <c>MESH9621</c> unknown or revoked identity, <c>MESH9622</c> role missing, <c>MESH9623</c> the
/// lifecycle has no such move, <c>MESH9624</c> gates stop it, <c>MESH9625</c> approvals missing, <c>MESH9626</c> an approval would not count,
/// <c>MESH9627</c> nothing to roll back to, <c>MESH9628</c> the alias cannot be moved, <c>MESH9629</c> no reason, <c>MESH9630</c> (transient)
/// decided differently meanwhile, <c>MESH9631</c> the signature is not the actor's, <c>MESH9632</c> the clocks differ too much,
/// <c>MESH9633</c> no recording, <c>MESH9634</c> an identity cannot be registered so.
/// </remarks>
public sealed partial class ModelGovernance
{
    private const int MaxReasonCharacters = 4000;
    private static readonly TimeSpan MaxClockDifference = TimeSpan.FromMinutes(10);

    private readonly MetadataDatabase database;
    private readonly Lifecycle lifecycle;
    private readonly SigningKey server;
    private readonly IObjectStore? lake;
    private readonly GateEvaluator gates;
    private readonly TimeProvider time;

    /// <param name="database">Registry, decisions and identities.</param>
    /// <param name="lifecycle">What is asked of a version.</param>
    /// <param name="server">Key with which Mesh signs what it finds.</param>
    /// <param name="lake">Where frozen hold-outs lie; null when it cannot be reached from here, and then no hold-out gate passes.</param>
    /// <param name="time">Clock.</param>
    public ModelGovernance(MetadataDatabase database, Lifecycle lifecycle, SigningKey server, IObjectStore? lake, TimeProvider time)
    {
        this.database = database;
        this.lifecycle = lifecycle;
        this.server = server;
        this.lake = lake;
        this.time = time;
        Log = new DecisionLog(database);
        Identities = new IdentityStore(database);
        Holdouts = new HoldoutStore(database);
        Lineage = new LineageStore(database, time);
        _ = new ModelStore(database);
        _ = new JobStore(database);
        gates = new GateEvaluator(database, new RecordingStore(database, time), lake);
    }

    /// <summary>The decision log.</summary>
    public DecisionLog Log { get; }

    /// <summary>Who may decide.</summary>
    public IdentityStore Identities { get; }

    /// <summary>Where versions come from.</summary>
    public LineageStore Lineage { get; }

    /// <summary>What is asked of a version.</summary>
    public Lifecycle Lifecycle => lifecycle;

    /// <summary>Prepares a decision: evaluates and notes the gates it needs, checks the rules, and writes down what is to be signed.</summary>
    /// <returns>The canonical form of the entry.</returns>
    /// <exception cref="MeshException">Why it cannot be decided.</exception>
    public async Task<string> DraftAsync(GovernanceRequest request, CancellationToken cancellationToken)
    {
        var plan = await database.ReadAsync(session => PlanAsync(session, request), cancellationToken).ConfigureAwait(false);
        if (plan.Gates.Count > 0)
        {
            var report = await EvaluateAsync(plan, cancellationToken).ConfigureAwait(false);
            if (!report.Passed) throw Stopped(report);
        }

        return await database.ReadAsync(async session => (await BuildAsync(session, request, time.GetUtcNow()).ConfigureAwait(false)).ToCanonical(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes a signed decision: into the log and into force, in one transaction.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="text">The entry as <see cref="DraftAsync"/> gave it.</param>
    /// <param name="signature">The actor's, see <see cref="SignedDecision.Signature"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<SignedDecision> CommitAsync(GovernanceRequest request, string text, string signature, CancellationToken cancellationToken)
    {
        var at = Decision.TimeFrom(Decision.Parse(text).At) ?? throw new MeshException("MESH9632", "The entry has no time.");
        if ((at - time.GetUtcNow()).Duration() > MaxClockDifference)
        {
            throw new MeshException("MESH9632", $"The entry is of {at:u}, here it is {time.GetUtcNow():u}; it is accepted within {MaxClockDifference.TotalMinutes:0} minutes. Draft it again.");
        }

        return await database.WriteAsync(
            async transaction =>
            {
                var decision = await BuildAsync(transaction, request, at).ConfigureAwait(false);
                if (decision.ToCanonical() != text)
                {
                    throw new MeshException("MESH9630", "Something else was decided, or found, since the entry was drafted. Draft and sign it again.", isTransient: true);
                }

                var actor = await ActorAsync(transaction, request.KeySha256).ConfigureAwait(false);
                if (!SigningKey.IsSignedBy(actor.PublicKey, text, signature)) throw new MeshException("MESH9631", $"The signature is not that of {actor.Name}'s key {actor.KeySha256} over this entry.");
                var signed = new SignedDecision(text, Decision.HashOf(text), signature);
                await DecisionLog.AppendAsync(transaction, decision, signed).ConfigureAwait(false);
                await ApplyAsync(transaction, decision, request).ConfigureAwait(false);
                return signed;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Evaluates the gates of a move without deciding anything; what they find is noted in the log.</summary>
    /// <param name="model">Name of the model.</param>
    /// <param name="version">Version.</param>
    /// <param name="to">State to move to; empty for the first move with gates out of the state it is in.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<GateReport> EvaluateAsync(string model, int version, string to, CancellationToken cancellationToken)
    {
        var plan = await database.ReadAsync(
            async session =>
            {
                var entry = await RequireAsync(session, model, version).ConfigureAwait(false);
                var transition = to.Length > 0
                    ? Move(entry, to)
                    : lifecycle.Transitions.FirstOrDefault(candidate => candidate.From.Contains(entry.LifecycleState) && candidate.Gates.Count > 0);
                return new Plan { Entry = entry, To = transition?.To ?? "", Gates = transition?.Gates ?? [] };
            },
            cancellationToken).ConfigureAwait(false);
        return plan.Gates.Count == 0
            ? new GateReport(plan.Subject, plan.Entry!.LifecycleState, plan.To, [])
            : await EvaluateAsync(plan, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Approvals that count for the move that a version awaits, and what is still missing (null: nothing).</summary>
    public ValueTask<(string To, IReadOnlyList<ApprovalView> Approvals, string? Missing)> ListApprovalsAsync(string model, int version, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async session =>
            {
                var entry = await RequireAsync(session, model, version).ConfigureAwait(false);
                if (lifecycle.AwaitingApproval(entry.LifecycleState) is not { Approvals: { } rule } transition) return ("", [], null);
                var approvals = await ApprovalsAsync(session, entry, transition.To).ConfigureAwait(false);
                return (transition.To, approvals, ApprovalCount.WhatIsMissing(rule, [.. approvals.Select(approval => (approval.Person, approval.Roles))]));
            },
            cancellationToken);

    /// <summary>When which version was released, oldest first.</summary>
    public ValueTask<IReadOnlyList<ReleaseEntry>> ListReleasesAsync(string model, CancellationToken cancellationToken) =>
        database.ReadAsync(session => ReleaseHistory.ListAsync(session, model), cancellationToken);

    /// <summary>Names of versions of a model, as (alias, version).</summary>
    public ValueTask<IReadOnlyList<(string Alias, int Version)>> ListAliasesAsync(string model, CancellationToken cancellationToken) => database.ReadAsync(
        async session => (IReadOnlyList<(string, int)>)await session.QueryAsync<(string, int)>(
            "SELECT alias, version FROM model_aliases WHERE name = @model ORDER BY alias", new { model }).ConfigureAwait(false),
        cancellationToken);

    /// <summary>The version a reference means.</summary>
    /// <exception cref="MeshException"><c>MESH9620</c> when there is none.</exception>
    public async ValueTask<int> ResolveAsync(ModelReference reference, CancellationToken cancellationToken) => reference.Version ?? await database.ReadAsync(
        async session => await session.ScalarAsync<int?>(
            "SELECT version FROM model_aliases WHERE name = @Name AND alias = @Alias", new { reference.Name, reference.Alias }).ConfigureAwait(false)
            ?? throw new MeshException("MESH9620", $"'{reference.Alias}' is no name of a version of {reference.Name}. `mesh models history {reference.Name}` shows those there are."),
        cancellationToken).ConfigureAwait(false);

    /// <summary>Recordings whose consent was withdrawn, as (ingest id, reason).</summary>
    public ValueTask<IReadOnlyList<(string IngestId, string Reason)>> ListWithdrawalsAsync(CancellationToken cancellationToken) => database.ReadAsync(
        async session => (IReadOnlyList<(string, string)>)await session.QueryAsync<(string, string)>("SELECT ingest_id, reason FROM withdrawals ORDER BY at_us, ingest_id").ConfigureAwait(false),
        cancellationToken);

    /// <summary>Examines the whole log, and what the registry says against it, as of one moment.</summary>
    public async Task<AuditReport> VerifyAsync(IReadOnlyDictionary<string, string>? trusted, string? anchor, CancellationToken cancellationToken) => await database.ReadAsync(
        async session =>
        {
            var verifier = new ChainVerifier(trusted);
            await DecisionLog.ExamineAsync(session, verifier).ConfigureAwait(false);
            if (anchor is not null) verifier.CheckAnchor(anchor);
            foreach (var (name, version, state) in await session.QueryAsync<(string, int, string)>("SELECT name, version, lifecycle_state FROM models ORDER BY name, version").ConfigureAwait(false))
            {
                verifier.CheckState(ModelReference.Text(name, version), state);
            }

            verifier.CheckWithdrawals(await session.QueryAsync<string>("SELECT ingest_id FROM withdrawals").ConfigureAwait(false));
            verifier.CheckAliases((await session.QueryAsync<(string Model, string Alias, long Version)>("SELECT name, alias, version FROM model_aliases").ConfigureAwait(false))
                .ToDictionary(row => $"{row.Model} {row.Alias}", row => row.Version));
            return verifier.Complete();
        },
        cancellationToken).ConfigureAwait(false);

    /// <summary>Writes the log as <see cref="AuditFile"/> describes.</summary>
    public Task<long> ExportAsync(Stream target, CancellationToken cancellationToken) => AuditFile.WriteAsync(Log, server, target, time.GetUtcNow(), cancellationToken);

    private async Task<GateReport> EvaluateAsync(Plan plan, CancellationToken cancellationToken)
    {
        var findings = new List<GateFinding>();
        foreach (var rule in plan.Gates) findings.AddRange(await gates.EvaluateAsync(plan.Entry!, rule, cancellationToken).ConfigureAwait(false));
        var report = new GateReport(plan.Subject, plan.Entry!.LifecycleState, plan.To, findings);
        var details = new JsonObject
        {
            ["from"] = report.From,
            ["to"] = report.To,
            ["lifecycle_sha256"] = lifecycle.Sha256,
            ["outcome"] = report.Passed ? "passed" : "failed",
            ["findings"] = JsonSerializer.SerializeToNode(findings, TrainingJson.Options),
        };
        await database.WriteAsync(
            transaction => AppendOwnAsync(transaction, DecisionKind.Gates, plan.Subject, plan.Entry.Sha256, $"gates of {report.From} to {report.To}", details), cancellationToken).ConfigureAwait(false);
        return report;
    }

    private static MeshException Stopped(GateReport report) => new(
        "MESH9624",
        $"{report.Model} cannot go from {report.From} to {report.To}: {string.Join("; ", report.Findings.Where(finding => finding.Blocks).Select(finding => $"{finding.Gate} {Word(finding)}: {finding.Reason}"))}.");

    private static string Word(GateFinding finding) => finding.Outcome == GateOutcome.Failed ? "failed" : "not evaluated";

    private async Task ApplyAsync(MetadataTransaction transaction, Decision decision, GovernanceRequest request)
    {
        foreach (var change in ReleaseHistory.Changes(decision))
        {
            var model = ModelReference.Parse(change.Model);
            if (!await ModelStore.MoveAsync(transaction, model.Name, model.Version!.Value, change.From, change.To).ConfigureAwait(false))
            {
                throw new MeshException("MESH9630", $"{change.Model} is not {change.From} any more. Draft the decision again.", isTransient: true);
            }
        }

        foreach (var alias in decision.Details["aliases"]?.Deserialize<List<AliasChange>>(TrainingJson.Options) ?? [])
        {
            await transaction.ExecuteAsync("DELETE FROM model_aliases WHERE name = @Model AND alias = @Alias", alias).ConfigureAwait(false);
            if (alias.Version > 0) await transaction.ExecuteAsync("INSERT INTO model_aliases VALUES (@Model, @Alias, @Version)", alias).ConfigureAwait(false);
        }

        if (decision.Kind != DecisionKind.Withdrawal) return;
        await transaction.ExecuteAsync(
            "INSERT INTO withdrawals VALUES (@id, @Reason, @Actor, @atUs) ON CONFLICT (ingest_id) DO NOTHING",
            request.Recordings.Select(id => new { id, decision.Reason, decision.Actor, atUs = UnixMicros.Of(Decision.TimeFrom(decision.At)!.Value) })).ConfigureAwait(false);
    }

    private sealed record Plan
    {
        public ModelEntry? Entry { get; init; }
        public DecisionKind Kind { get; init; }
        public string Subject => Entry is null ? Other : ModelReference.Text(Entry.Name, Entry.Version);
        public string Other { get; init; } = "";
        public string To { get; init; } = "";
        public IReadOnlyList<GateRule> Gates { get; init; } = [];
        public IReadOnlyList<StateChange> Changes { get; init; } = [];
        public IReadOnlyList<AliasChange> Aliases { get; init; } = [];
        public JsonObject Details { get; init; } = [];
        public IReadOnlyList<Evidence> Evidence { get; init; } = [];
    }
}
