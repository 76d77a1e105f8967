using System.Diagnostics;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Training.Compression.Running;
using Mesh.Training.Compression.Samples;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Gates;
using Mesh.Training.Governance.Policy;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Mesh.Training.Running;
using Microsoft.Extensions.Logging;

namespace Mesh.Training.Compression;

/// <summary>
/// Works compressions off, each to its one end. Variants are durable in their folders before the one transaction that registers them, ends the compression
/// and adds the event; what ran when the process died runs again and finds the variants that were finished.
/// </summary>
public sealed partial class CompressionRunner : IDisposable
{
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DatabaseRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DutyCheck = TimeSpan.FromSeconds(5);

    private readonly MetadataDatabase database;
    private readonly CompressionOptions options;
    private readonly ModelStore models;
    private readonly Compressor compressor;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private readonly SemaphoreSlim changed = new(0);

    /// <param name="database">Models, compressions, variants and outbox.</param>
    /// <param name="options">Profiles and runtime.</param>
    /// <param name="jobsFolder">Folder of the jobs, whose specs say what was held out.</param>
    /// <param name="resolveInput">Finds the files of a product's range.</param>
    /// <param name="logger">Log.</param>
    /// <param name="time">Clock.</param>
    /// <param name="lake">Where input files are copied from that are not on this machine; null when all are.</param>
    public CompressionRunner(
        MetadataDatabase database,
        CompressionOptions options,
        string jobsFolder,
        Func<ProductRange, CancellationToken, ValueTask<JobInput>> resolveInput,
        ILogger logger,
        TimeProvider time,
        IObjectStore? lake = null)
    {
        this.database = database;
        this.options = options;
        this.logger = logger;
        this.time = time;
        models = new ModelStore(database);
        Variants = new VariantStore(database);
        compressor = new Compressor(options, new SampleSource(new ManoeuvreSamples(resolveInput, lake, new HoldoutStore(database), jobsFolder)), logger, time);
        // Makes the table that registrations write to.
        new Outbox(database).Dispose();
    }

    /// <summary>A runner that finds training data in a catalogue.</summary>
    public static CompressionRunner Create(
        MetadataDatabase database, TableCatalogue catalogue, IObjectStore lake, CompressionOptions options, string jobsFolder, ILogger logger, TimeProvider time) =>
        new(database, options, jobsFolder, new JobInputs(catalogue).ResolveAsync, logger, time, lake);

    /// <summary>Compressions and variants.</summary>
    public VariantStore Variants { get; }

    /// <summary>Takes the registration of a model in; one that was taken before, or of a rejected model, changes nothing.</summary>
    /// <returns>Whether it was new.</returns>
    public async ValueTask<bool> AcceptAsync(ModelRegistered registered, string? traceParent, CancellationToken cancellationToken)
    {
        if (registered.State != "registered") return false;
        string id = ModelReference.Text(registered.Model, registered.Version);
        bool isNew = await database.WriteAsync(
            transaction => VariantStore.AddAsync(transaction, id, registered.Model, registered.Version, [], "registered", traceParent, UnixMicros.Of(time.GetUtcNow())),
            cancellationToken).ConfigureAwait(false);
        if (!isNew) return false;
        Log.CompressionAccepted(logger, id, "it was registered");
        changed.Release();
        return true;
    }

    /// <summary>Asks for a compression by hand.</summary>
    /// <param name="name">Name of the model.</param>
    /// <param name="version">Its version.</param>
    /// <param name="profiles">Profiles; empty for all.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="MeshException"><c>MESH9404</c> when there is no profile of a name; <c>MESH9405</c> when there is no such version, or it was rejected.</exception>
    public async Task<CompressionEntry> RequestAsync(string name, int version, IReadOnlyList<string> profiles, CancellationToken cancellationToken)
    {
        options.Targets.Select(profiles);
        string id = await database.WriteAsync(
            async transaction =>
            {
                var model = await ModelStore.LoadAsync(transaction, name, version).ConfigureAwait(false)
                    ?? throw new MeshException("MESH9405", $"There is no model {ModelReference.Text(name, version)}. `mesh models list` shows them.");
                if (IsRejected(model)) throw new MeshException("MESH9405", $"{ModelReference.Text(name, version)} was rejected ({model.Reason}); rejected models are not compressed.");
                int count = await VariantStore.CountAsync(transaction, name, version).ConfigureAwait(false);
                string next = FormattableString.Invariant($"{ModelReference.Text(name, version)}/{count + 1}");
                await VariantStore.AddAsync(transaction, next, name, version, profiles, "asked for by hand", Activity.Current?.Id, UnixMicros.Of(time.GetUtcNow())).ConfigureAwait(false);
                return next;
            },
            cancellationToken).ConfigureAwait(false);
        Log.CompressionAccepted(logger, id, "it was asked for by hand");
        changed.Release();
        return (await Variants.FindAsync(id, cancellationToken).ConfigureAwait(false))!;
    }

    /// <summary>Resumes what a dead process left, then works compressions off until cancelled.</summary>
    /// <remarks>Of the processes that share a database one compresses: what is marked as running was the dead one's.</remarks>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var duty = await database.HoldAsync("compression", cancellationToken).ConfigureAwait(false);
        await using var _ = duty.ConfigureAwait(false);
        await ResumeAsync(cancellationToken).ConfigureAwait(false);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] tasks = [WorkAsync(stop.Token), ConfirmAsync(duty, stop.Token)];
        await Task.WhenAny(tasks).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(tasks).ConfigureAwait(false);
    }

    /// <summary>Puts compressions back that ran when the process died.</summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        int resumed = await database.WriteAsync(VariantStore.RequeueRunningAsync, cancellationToken).ConfigureAwait(false);
        if (resumed > 0) Log.CompressionsResumed(logger, resumed);
    }

    /// <summary>Runs one attempt of the next compression that may run.</summary>
    /// <returns>False when there is none.</returns>
    public async Task<bool> RunNextAsync(CancellationToken cancellationToken)
    {
        var claimed = await database.WriteAsync(transaction => VariantStore.ClaimAsync(transaction, UnixMicros.Of(time.GetUtcNow())), cancellationToken).ConfigureAwait(false);
        if (claimed is null) return false;
        await RunAttemptAsync(claimed, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => changed.Dispose();

    private static bool IsRejected(ModelEntry model) => model.State == ModelState.Rejected || model.LifecycleState == Lifecycle.Rejected;

    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (await RunNextAsync(cancellationToken).ConfigureAwait(false)) continue;
                await SleepAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (MeshException exception) when (exception.IsTransient)
            {
                Log.WaitsForDatabase(logger, exception.Message);
                await Task.Delay(DatabaseRetry, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Returns when cancelled; fails as soon as another process may have begun to compress.</summary>
    private async Task ConfirmAsync(MetadataLease duty, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(DutyCheck, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await duty.ConfirmAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task SleepAsync(CancellationToken cancellationToken)
    {
        long? next = await database.ReadAsync(VariantStore.NextStartUsAsync, cancellationToken).ConfigureAwait(false);
        var sleep = next is { } us && UnixMicros.ToTime(us) - time.GetUtcNow() is var until && until < LongestSleep ? until : LongestSleep;
        if (sleep <= TimeSpan.Zero) return;
        using var sleepEnds = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(Task.Delay(sleep, time, sleepEnds.Token), changed.WaitAsync(sleepEnds.Token)).ConfigureAwait(false);
        await sleepEnds.CancelAsync().ConfigureAwait(false);
    }
}
