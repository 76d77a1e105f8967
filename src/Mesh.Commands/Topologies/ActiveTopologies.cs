using Mesh.Kafka;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Topologies;
using Mesh.Model;
using Mesh.Streaming.Topologies;
using Mesh.Training.Pools;
using Mesh.Trigger;

namespace Mesh.Commands.Topologies;

/// <summary>
/// The topologies in force on a server. One change at a time: checked against the others, stored, then started, so that a server that dies in
/// between starts with what is stored.
/// </summary>
/// <param name="store">Where they are kept.</param>
/// <param name="host">Runs their pipelines.</param>
/// <param name="products">Takes over their names.</param>
/// <param name="time">Clock.</param>
/// <param name="pools">Pools that the jobs of what is planned and applied must be able to run on; null when they are not known.</param>
public sealed class ActiveTopologies(TopologyStore store, ITopologyHost host, ProductNames products, TimeProvider time, PoolSet? pools = null) : ITopologies
{
    /// <summary>How often servers look for what was applied or retired on another one.</summary>
    private static readonly TimeSpan FollowInterval = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim turn = new(1);
    private volatile Set active = Set.Of([]);
    private IReadOnlyList<Topology> retired = [];

    /// <summary>Those in force.</summary>
    public IReadOnlyList<TopologyPlan> Active => active.Plans;

    /// <summary>The rules in force: of each topology those of its newest version, so that two versions side by side do not fire twice.</summary>
    public IReadOnlyList<TriggerRule> Triggers => active.Triggers;

    /// <summary>The rules that are in force with some topologies.</summary>
    public static IReadOnlyList<TriggerRule> TriggersOf(IEnumerable<TopologyPlan> plans) =>
        [.. plans.GroupBy(plan => plan.Topology.Name).SelectMany(versions => versions.MaxBy(plan => plan.Topology.VersionNumber)!.Triggers)];

    /// <summary>Topics that a table's rows are put on; none for most.</summary>
    public IReadOnlyList<ProductTopic> TopicsOf(TableIdentifier table) => [.. active.Topics[table]];

    /// <summary>
    /// Begins with the topologies given, which then are the only ones in force; without any with those stored, else the built-in one. The first
    /// ones of a lake read every upload that the log holds.
    /// </summary>
    /// <exception cref="MeshException"><c>MESH11040</c> a stored one cannot be read any more; <c>MESH2301</c> to <c>MESH2304</c> they collide.</exception>
    public async Task StartAsync(IReadOnlyList<TopologyPlan> given, CancellationToken cancellationToken)
    {
        var known = await store.ListAsync(cancellationToken).ConfigureAwait(false);
        bool isFirst = known.Count == 0 && !await store.HasRunsAsync(cancellationToken).ConfigureAwait(false);
        var plans = given.Count > 0 ? [.. given.Select(plan => (Plan: plan, Origin: TopologyOrigin.Started))] : ReadStored(known);
        TopologyConflicts.Refuse([.. plans.Select(item => item.Plan)]);
        foreach (var (plan, origin) in plans)
        {
            var before = known.FirstOrDefault(stored => IsSame(stored, plan));
            bool fromEarliest = isFirst || before is { IsActive: true } || plan.Topology.From == SourceStart.Earliest;
            await host.PrepareAsync(plan, fromEarliest, cancellationToken).ConfigureAwait(false);
            await StoreAsync(plan, origin, isFirst || plan.Topology.From == SourceStart.Earliest, cancellationToken).ConfigureAwait(false);
        }

        foreach (var other in known.Where(stored => stored.IsActive && !plans.Exists(item => IsSame(stored, item.Plan))))
        {
            await store.RetireAsync(other.Name, other.Version, cancellationToken).ConfigureAwait(false);
        }

        retired = [.. known.Where(stored => !plans.Exists(item => IsSame(stored, item.Plan))).Select(stored => Topology.Parse(stored.Yaml, stored.FileName))];
        Announce([.. plans.Select(item => item.Plan)]);
        foreach (var (plan, _) in plans) host.Start(plan);
    }

    /// <summary>Takes over what other servers on the same database apply and retire, until cancelled.</summary>
    /// <exception cref="MeshException"><c>MESH11040</c> or another: one was applied that this program cannot read. What is in force here stays.</exception>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(FollowInterval, time, cancellationToken).ConfigureAwait(false);
            await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await RefreshAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (MeshException exception) when (exception.IsTransient)
            {
                // The database is away; the next look finds what has changed.
            }
            finally
            {
                turn.Release();
            }
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TopologyView>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await store.ListAsync(cancellationToken).ConfigureAwait(false)).Select(stored => TopologyView.Of(stored, withText: false))];

    /// <inheritdoc/>
    public Task<TopologyView?> FindAsync(string name, int? version, CancellationToken cancellationToken) =>
        StoredTopologies.FindAsync(store, name, version, cancellationToken);

    /// <inheritdoc/>
    public Task<TopologyPlanView> PlanAsync(TopologyRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(TopologyComparison.Compare(TopologyPlan.Check(Topology.Parse(request.Yaml, request.FileName), pools), Active));

    /// <inheritdoc/>
    public async Task<TopologyPlanView> ApplyAsync(TopologyRequest request, CancellationToken cancellationToken)
    {
        var plan = TopologyPlan.Check(Topology.Parse(request.Yaml, request.FileName), pools);
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await RefreshAsync(cancellationToken).ConfigureAwait(false);
            var current = Active.FirstOrDefault(other => other.FullName == plan.FullName);
            var others = Active.Where(other => other != current).ToList();
            TopologyConflicts.Refuse([.. others, plan]);
            var view = TopologyComparison.Compare(plan, Active);
            if (current?.Topology.Yaml == plan.Topology.Yaml) return view;

            // A changed topology of the same version whose group is another would otherwise skip what the old group had not finished.
            bool fromEarliest = current is not null || plan.Topology.From == SourceStart.Earliest;
            await host.PrepareAsync(plan, fromEarliest, cancellationToken).ConfigureAwait(false);
            await StoreAsync(plan, TopologyOrigin.Applied, plan.Topology.From == SourceStart.Earliest, cancellationToken).ConfigureAwait(false);

            // Stored is applied: from here on it is not given up half-way.
            if (current is not null) await host.StopAsync(current).ConfigureAwait(false);
            host.Start(plan);
            retired = [.. retired.Where(other => other.Name != plan.Topology.Name || other.VersionNumber != plan.Topology.VersionNumber)];
            Announce([.. others, plan]);
            return view;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<TopologyView> RetireAsync(string name, RetireRequest request, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await RefreshAsync(cancellationToken).ConfigureAwait(false);
            var named = Active.Where(plan => plan.Topology.Name == name && (request.Version is null || plan.Topology.VersionNumber == request.Version)).ToList();
            if (named.Count == 0) throw new MeshException("MESH2305", $"No topology '{name}{(request.Version is { } version ? $"@{version}" : "")}' is in force. `mesh topology list` shows those that are.");
            if (named.Count > 1) throw new MeshException("MESH2307", $"Several versions of '{name}' are in force: name one, {string.Join(" or ", named.Select(plan => plan.FullName))}.");
            if (Active.Count == 1) throw new MeshException("MESH2306", $"{named[0].FullName} is the only topology in force; without one uploads would wait for ever. Apply another first: `mesh topology apply FILE`.");
            var plan = named[0];
            await store.RetireAsync(name, plan.Topology.VersionNumber, cancellationToken).ConfigureAwait(false);
            await host.StopAsync(plan).ConfigureAwait(false);
            retired = [.. retired, plan.Topology];
            Announce([.. Active.Where(other => other != plan)]);
            return (await FindAsync(name, plan.Topology.VersionNumber, CancellationToken.None).ConfigureAwait(false))!;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        turn.Dispose();
        return ValueTask.CompletedTask;
    }

    // The server that applied a topology has told its group where to begin before it stored it: here only the pipeline is missing.
    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var known = await store.ListAsync(cancellationToken).ConfigureAwait(false);
        if (!known.Any(stored => stored.IsActive)) return;
        var before = Active;
        var plans = ReadStored(known).ConvertAll(item => before.FirstOrDefault(plan => plan.FullName == item.Plan.FullName && plan.Topology.Yaml == item.Plan.Topology.Yaml) ?? item.Plan);
        var gone = before.Except(plans).ToList();
        var come = plans.Except(before).ToList();
        if (gone.Count == 0 && come.Count == 0) return;
        retired = [.. known.Where(stored => !stored.IsActive).Select(stored => Topology.Parse(stored.Yaml, stored.FileName))];
        foreach (var plan in come) await host.PrepareAsync(plan, fromEarliest: true, cancellationToken).ConfigureAwait(false);
        foreach (var plan in gone) await host.StopAsync(plan).ConfigureAwait(false);
        Announce(plans);
        foreach (var plan in come) host.Start(plan);
    }

    private static List<(TopologyPlan Plan, TopologyOrigin Origin)> ReadStored(IReadOnlyList<StoredTopology> known)
    {
        var builtIn = RunningTopology.Load(null);
        var stored = known.Where(topology => topology.IsActive).ToList();
        if (stored.Count == 0) return [(TopologyPlan.Check(builtIn), TopologyOrigin.BuiltIn)];

        // A newer program may bring a newer text of its own topology.
        return [.. stored.Select(topology => (
            TopologyPlan.Check(topology.Origin == TopologyOrigin.BuiltIn && topology.Name == builtIn.Name && topology.Version == builtIn.VersionNumber
                ? builtIn
                : Topology.Parse(topology.Yaml, topology.FileName)),
            topology.Origin))];
    }

    private static bool IsSame(StoredTopology stored, TopologyPlan plan) => stored.Name == plan.Topology.Name && stored.Version == plan.Topology.VersionNumber;

    // The moment is taken after the group knows where it begins: an upload accepted later is certain to be read.
    private async Task StoreAsync(TopologyPlan plan, TopologyOrigin origin, bool fromEarliest, CancellationToken cancellationToken) => await store.ActivateAsync(
        new StoredTopology
        {
            Name = plan.Topology.Name,
            Version = plan.Topology.VersionNumber,
            Yaml = plan.Topology.Yaml,
            Digest = plan.Topology.Digest,
            FileName = plan.Topology.Errors.FileName,
            Origin = origin,
            FromEarliest = fromEarliest,
            IsAwaited = plan.Topology.SourceTopic == Topics.Uploads,
            AppliedAt = time.GetUtcNow(),
        },
        cancellationToken).ConfigureAwait(false);

    private void Announce(IReadOnlyList<TopologyPlan> plans)
    {
        active = Set.Of(plans);
        products.Replace([.. plans.Select(plan => plan.Topology)], retired);
        host.Announce(plans);
    }

    private sealed record Set(IReadOnlyList<TopologyPlan> Plans, IReadOnlyList<TriggerRule> Triggers, ILookup<TableIdentifier, ProductTopic> Topics)
    {
        public static Set Of(IReadOnlyList<TopologyPlan> plans) => new(
            plans,
            TriggersOf(plans),
            plans.SelectMany(plan => ProductsSection.Read(plan.Topology).Where(product => product.Topic is not null).Select(product => (Table: product.TableIn(plan.Topology.Tables), Topic: product.Topic!)))
                .ToLookup(item => item.Table, item => item.Topic));
    }
}
