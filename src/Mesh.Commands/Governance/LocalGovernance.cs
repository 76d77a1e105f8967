using System.Globalization;
using Mesh.Commands.Configuration;
using Mesh.Commands.Handoff;
using Mesh.Commands.Queries;
using Mesh.Commands.State;
using Mesh.Commands.Topologies;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Governance.Gates;
using Mesh.Training.Governance.Lineage;
using Mesh.Training.Governance.Policy;
using Mesh.Training.Models;
using Mesh.Upload;

namespace Mesh.Commands.Governance;

/// <summary>Governance in this process: within the server, or on a state directory that none has.</summary>
/// <param name="governance">Decisions.</param>
/// <param name="models">The registry.</param>
/// <param name="recordings">Recordings.</param>
/// <param name="tables">Tables.</param>
/// <param name="products">Names of tables.</param>
/// <param name="vinKey">Key for pseudonyms of vehicles; null for none.</param>
/// <param name="handoff">Hands models over.</param>
/// <param name="owned">Disposed with it, last first.</param>
public sealed class LocalGovernance(
    ModelGovernance governance, ModelStore models, RecordingStore recordings, TableCatalogue tables, ProductNames products, string? vinKey, IHandoff handoff,
    params IReadOnlyList<IDisposable> owned) : IGovernance
{
    private const int MaxDecisions = 10_000;

    /// <summary>Hands models over.</summary>
    public IHandoff Handoff => handoff;

    /// <summary>Notes in the log that the lifecycle is in force, when that is news.</summary>
    public Task AnnouncePolicyAsync(CancellationToken cancellationToken) => governance.AnnouncePolicyAsync(cancellationToken);

    /// <summary>Puts it together.</summary>
    /// <param name="database">Metadata.</param>
    /// <param name="storage">Where tables lie.</param>
    /// <param name="tables">Tables.</param>
    /// <param name="recordings">Recordings.</param>
    /// <param name="products">Names of tables.</param>
    /// <param name="key">The server's key.</param>
    /// <param name="jobsFolder">Folder of the jobs.</param>
    /// <param name="settings">Lifecycle and key for pseudonyms.</param>
    /// <param name="time">Clock.</param>
    /// <param name="owned">Disposed with it, last first.</param>
    /// <exception cref="MeshException"><c>MESH9610</c>, <c>MESH9611</c>: the lifecycle of the settings.</exception>
    public static LocalGovernance Create(
        MetadataDatabase database, LakeStorage storage, TableCatalogue tables, RecordingStore recordings, ProductNames products, SigningKey key, string jobsFolder, Settings settings, TimeProvider time,
        params IReadOnlyList<IDisposable> owned)
    {
        var lifecycle = Lifecycle.Load(settings.Text(SettingKeys.GovernanceLifecycle));
        var governance = new ModelGovernance(database, lifecycle, key, storage.Lake, time);
        return new LocalGovernance(
            governance, new ModelStore(database), recordings, tables, products, settings.Text(SettingKeys.PrivacyVinKey), new LocalHandoff(database, governance, key, jobsFolder, time), owned);
    }

    /// <summary>Opens a state directory on which no server runs.</summary>
    /// <param name="folder">The state directory.</param>
    /// <param name="settings">Settings.</param>
    /// <param name="forReading">Whether only questions are asked; otherwise the directory's lock is taken.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="MeshException"><c>MESH11010</c> a server has it; <c>MESH11013</c> it is none.</exception>
    public static async Task<LocalGovernance> OpenAsync(string folder, Settings settings, bool forReading, CancellationToken cancellationToken)
    {
        StateDirectory.OpenForReading(folder).Dispose();
        var state = forReading ? StateDirectory.OpenForReading(folder) : StateDirectory.Open(folder);
        var owned = new Stack<IDisposable>([state]);
        try
        {
            var database = MetadataDatabase.Open(state.Database, settings[SettingKeys.CatalogueConnection].Text, settings[SettingKeys.CatalogueSchema].Text, forReading);
            owned.Push(database);
            var storage = forReading ? LakeStorage.OpenForReading(state, settings) : await LakeStorage.OpenAsync(state, settings, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            owned.Push(storage);
            // Without a key nothing was decided yet; a question must not make one.
            var key = forReading && !File.Exists(state.ServerKey) ? SigningKey.Create() : SigningKey.ReadOrCreate(state.ServerKey);
            owned.Push(key);
            var tables = new TableCatalogue(database, storage.Lake, TimeProvider.System);
            var recordings = new RecordingStore(database, TimeProvider.System);
            var governance = Create(
                database, storage, tables, recordings, ProductNames.Of(RunningTopology.Read(state)), key, state.Jobs, settings, TimeProvider.System, state, database, storage, key);
            await database.PrepareAsync(cancellationToken).ConfigureAwait(false);
            return governance;
        }
        catch
        {
            while (owned.TryPop(out var part)) part.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<DraftView> DraftAsync(GovernanceRequest request, CancellationToken cancellationToken) =>
        new(await governance.DraftAsync(await ResolvedAsync(request, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false));

    /// <inheritdoc/>
    public async Task<SignedDecision> CommitAsync(CommitRequest request, CancellationToken cancellationToken) => await governance.CommitAsync(
        await ResolvedAsync(request.Request, cancellationToken).ConfigureAwait(false), request.Entry, request.Signature, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<Identity> RegisterAsync(IdentityRequest request, CancellationToken cancellationToken) => governance.RegisterAsync(request, cancellationToken);

    /// <inheritdoc/>
    public Task<Identity> RevokeAsync(RevokeRequest request, CancellationToken cancellationToken) => governance.RevokeAsync(request.KeySha256, request.Reason, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Identity>> ListIdentitiesAsync(CancellationToken cancellationToken) => await governance.Identities.ListAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<GateReport> EvaluateAsync(string model, string to, CancellationToken cancellationToken)
    {
        var (name, version) = await FindAsync(model, cancellationToken).ConfigureAwait(false);
        return await governance.EvaluateAsync(name, version, to, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<ModelStatusView> GetModelStatusAsync(string model, CancellationToken cancellationToken)
    {
        var (name, version) = await FindAsync(model, cancellationToken).ConfigureAwait(false);
        var entry = await models.FindAsync(name, version, cancellationToken).ConfigureAwait(false) ?? throw Unknown(name, version);
        var (to, approvals, missing) = await governance.ListApprovalsAsync(name, version, cancellationToken).ConfigureAwait(false);
        var aliases = await governance.ListAliasesAsync(name, cancellationToken).ConfigureAwait(false);
        return new ModelStatusView(
            ModelReference.Text(name, version), entry.LifecycleState, governance.Lifecycle.NextOf(entry.LifecycleState), [.. aliases.Where(alias => alias.Version == version).Select(alias => alias.Alias)],
            to, approvals, missing, await ListDecisionsAsync(ModelReference.Text(name, version), 0, MaxDecisions, cancellationToken).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public async Task<ModelHistoryView> GetHistoryAsync(string name, CancellationToken cancellationToken)
    {
        if ((await models.ListAsync(name, cancellationToken).ConfigureAwait(false)).Count == 0) throw new MeshException("MESH9620", $"There is no model '{name}'. `mesh models list` shows those there are.");
        var aliases = await governance.ListAliasesAsync(name, cancellationToken).ConfigureAwait(false);
        return new ModelHistoryView(
            name, aliases.ToDictionary(alias => alias.Alias, alias => alias.Version), await governance.ListReleasesAsync(name, cancellationToken).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public async Task<ModelLineage> GetLineageAsync(string model, CancellationToken cancellationToken)
    {
        var (name, version) = await FindAsync(model, cancellationToken).ConfigureAwait(false);
        return await governance.Lineage.FindAsync(name, version, cancellationToken).ConfigureAwait(false) ?? throw Unknown(name, version);
    }

    /// <inheritdoc/>
    public async Task<AffectedModelsView> FindByVehicleAsync(string vehicle, CancellationToken cancellationToken)
    {
        string pseudonym = VehiclePseudonym.Of(vehicle, vinKey);
        long count = await governance.Lineage.CountRecordingsAsync(pseudonym, cancellationToken).ConfigureAwait(false);
        return new AffectedModelsView("vehicle", pseudonym, count, await governance.Lineage.ListByVehicleAsync(pseudonym, cancellationToken).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public async Task<AffectedModelsView> FindByRecordingAsync(string ingestId, CancellationToken cancellationToken)
    {
        string id = (await ResolveRecordingsAsync([ingestId], cancellationToken).ConfigureAwait(false))[0];
        long known = await recordings.FindAsync(IngestId.Parse(id), cancellationToken).ConfigureAwait(false) is null ? 0 : 1;
        return new AffectedModelsView("recording", id, known, await governance.Lineage.ListByRecordingAsync(id, cancellationToken).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DecisionView>> ListDecisionsAsync(string? subject, long after, int limit, CancellationToken cancellationToken) =>
        [.. (await governance.Log.ListAsync(subject, after, limit, cancellationToken).ConfigureAwait(false)).Select(DecisionView.Of)];

    /// <inheritdoc/>
    public async Task<Page<DecisionView>> ListDecisionsAsync(DecisionQuery query, CancellationToken cancellationToken) =>
        Page<DecisionView>.Of(await governance.Log.ListAsync(query, cancellationToken).ConfigureAwait(false), query, DecisionView.Of);

    /// <inheritdoc/>
    public Task<AuditReport> VerifyAsync(string? anchor, CancellationToken cancellationToken) => governance.VerifyAsync(null, anchor, cancellationToken);

    /// <inheritdoc/>
    public Task ExportAsync(Stream target, CancellationToken cancellationToken) => governance.ExportAsync(target, cancellationToken);

    /// <inheritdoc/>
    public async Task<Holdout> FreezeAsync(FreezeRequest request, CancellationToken cancellationToken)
    {
        var identifier = products.TableOf(request.Table) ?? throw new MeshException("MESH11031", $"There is no table or product '{request.Table}'. `mesh catalogue tables` shows them.");
        var table = await tables.LoadAsync(identifier, cancellationToken).ConfigureAwait(false);
        long snapshot = LocalQueries.SnapshotOf(table, request.Snapshot) ?? throw new MeshException("MESH9641", $"{identifier} has no snapshot yet; there is nothing to freeze.");
        return await governance.FreezeAsync(tables, request.Name, identifier, snapshot, request.Filter ?? "", cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Holdout>> ListHoldoutsAsync(CancellationToken cancellationToken) => await governance.Holdouts.ListAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<WithdrawalView>> ListWithdrawalsAsync(CancellationToken cancellationToken) =>
        [.. (await governance.ListWithdrawalsAsync(cancellationToken).ConfigureAwait(false)).Select(withdrawal => new WithdrawalView(withdrawal.IngestId, withdrawal.Reason))];

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ResolveRecordingsAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        if (ids.All(id => IngestId.TryParse(id, out _))) return ids;
        var resolved = new List<string>();
        foreach (string id in ids)
        {
            string[] matches = IngestId.TryParse(id, out _) ? [id]
                : id.Length < 4 ? []
                : [.. (await recordings.FindByPrefixAsync(id, 2, cancellationToken).ConfigureAwait(false)).Select(found => found.ToString())];
            resolved.Add(matches.Length switch
            {
                1 => matches[0],
                0 => throw new MeshException("MESH9633", $"There is no recording '{id}'. `mesh recordings list` shows them; at least four digits are needed."),
                _ => throw new MeshException("MESH9633", $"'{id}' is the beginning of several ingest ids: give more of it."),
            });
        }

        return resolved;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        foreach (var part in owned.Reverse()) part.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<GovernanceRequest> ResolvedAsync(GovernanceRequest request, CancellationToken cancellationToken) => request.Recordings.Count == 0
        ? request
        : request with { Recordings = await ResolveRecordingsAsync(request.Recordings, cancellationToken).ConfigureAwait(false) };

    private async Task<(string Name, int Version)> FindAsync(string model, CancellationToken cancellationToken)
    {
        var reference = ModelReference.Parse(model);
        return (reference.Name, await governance.ResolveAsync(reference, cancellationToken).ConfigureAwait(false));
    }

    private static MeshException Unknown(string name, int version) =>
        new("MESH9620", string.Create(CultureInfo.InvariantCulture, $"There is no {name}@{version}. `mesh models list` shows the versions there are."));
}
