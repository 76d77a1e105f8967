using System.Collections.Concurrent;
using Google.Protobuf;
using Mesh.Columnar;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Training.Governance.Gates;
using Mesh.Training.Jobs;
using Mesh.Training.Kubernetes;
using Mesh.Training.Models;
using Mesh.Training.Pools;
using Mesh.Training.Running;
using Microsoft.Extensions.Logging;

namespace Mesh.Training;

/// <summary>
/// Runs the jobs of mesh.db, each to its one end: a registered or rejected model, or a failure with a reason. What was running when the
/// process died is run again; a trainer's finished output is used and not made twice.
/// </summary>
public sealed partial class JobRunner : IDisposable
{
    private static readonly TimeSpan DatabaseRetry = TimeSpan.FromSeconds(1);

    private readonly MetadataDatabase database;
    private readonly TrainingOptions options;
    private readonly Func<ProductRange, CancellationToken, ValueTask<JobInput>> resolveInput;
    private readonly IObjectStore? lake;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private readonly ModelRegistrar registrar;
    private readonly PoolSet pools;
    private readonly PoolBoard board;
    private readonly ProcessAttempts processes;
    private readonly KubernetesAttempts clusters;
    private readonly HoldoutStore holdouts;
    private readonly InputDigests digests;
    private readonly IJobObserver? observer;
    private readonly SemaphoreSlim jobsChanged = new(0);
    private readonly ConcurrentDictionary<string, RunningAttempt> attempts = new();

    /// <param name="database">Jobs, models and outbox.</param>
    /// <param name="options">Folders and limits.</param>
    /// <param name="resolveInput">Finds the files of a product's range.</param>
    /// <param name="commandOf">Program and arguments of a trainer, given <c>builtin/NAME</c> or a command line.</param>
    /// <param name="logger">Log.</param>
    /// <param name="time">Clock for limits and retries.</param>
    /// <param name="lake">Where input files are copied from that are not on this machine; null when all are.</param>
    /// <param name="observer">Is told of attempts; null for nobody.</param>
    public JobRunner(
        MetadataDatabase database,
        TrainingOptions options,
        Func<ProductRange, CancellationToken, ValueTask<JobInput>> resolveInput,
        Func<string, (string File, string[] Arguments)> commandOf,
        ILogger logger,
        TimeProvider time,
        IObjectStore? lake = null,
        IJobObserver? observer = null)
    {
        this.database = database;
        this.options = options;
        this.resolveInput = resolveInput;
        this.lake = lake;
        this.observer = observer;
        this.logger = logger;
        this.time = time;
        registrar = new ModelRegistrar(database, options, time);
        pools = options.Pools ?? PoolSet.Default(options.MaxParallelJobs);
        board = new PoolBoard(database, pools, options.MaxDuration, time);
        processes = new ProcessAttempts(options, commandOf, time);
        clusters = new KubernetesAttempts(options, logger, time);
        Jobs = new JobStore(database);
        Models = new ModelStore(database);
        holdouts = new HoldoutStore(database);
        digests = new InputDigests(database);
        // Makes the table that registrations write to.
        new Outbox(database).Dispose();
    }

    /// <summary>The jobs.</summary>
    public JobStore Jobs { get; }

    /// <summary>How the pools stand.</summary>
    public PoolBoard Board => board;

    /// <summary>The models.</summary>
    public ModelStore Models { get; }

    /// <summary>Takes a request in; one that was taken before changes nothing. A request that can never run becomes a failed job.</summary>
    /// <returns>Whether it was new.</returns>
    public async ValueTask<bool> AcceptAsync(JobRequested request, string? traceParent, CancellationToken cancellationToken)
    {
        string jobId = JobId.Compute(
            request.TriggerId, request.Trainer, request.Hyperparameters, options.CodeVersion, JobKinds.TryParse(request.Kind, out var kind) ? kind : JobKind.Train);
        var invalid = WhatIsWrongWith(request);
        byte[] bytes = request.ToByteArray();
        bool isNew = await database.WriteAsync(
            transaction => JobStore.AddAsync(transaction, jobId, request, kind, bytes, traceParent, invalid, UnixMicros.Of(time.GetUtcNow())),
            cancellationToken).ConfigureAwait(false);
        if (!isNew) return false;
        if (invalid is null) Log.JobAccepted(logger, jobId, request.Reason);
        else Log.JobFailed(logger, jobId, invalid.Value.Code, invalid.Value.Reason);
        jobsChanged.Release();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        registrar.Dispose();
        clusters.Dispose();
        jobsChanged.Dispose();
    }

    private (string Code, string Reason)? WhatIsWrongWith(JobRequested request)
    {
        if (WhatIsMalformedIn(request) is { } malformed) return ("MESH9001", malformed);
        if (request.MaxSeconds > options.MaxDuration.TotalSeconds)
        {
            return ("MESH9016", $"The job wants {request.MaxSeconds} seconds, more than the {options.MaxDuration.TotalSeconds} of training.maxDuration. Ask for less, or raise the setting.");
        }

        return pools.WhyRefused(request) is { } refused ? ("MESH9016", refused) : null;
    }

    private static string? WhatIsMalformedIn(JobRequested request)
    {
        if (request.TriggerId.Length == 0) return "The request has no trigger id.";
        if (!JobKinds.TryParse(request.Kind, out _)) return $"'{request.Kind}' is no kind of job; there are {JobKinds.Words}.";
        if (request.Inputs.Count == 0) return "The request names no input.";
        bool isName = request.Model.Length is > 0 and <= 100 && char.IsAsciiLetterOrDigit(request.Model[0])
            && request.Model.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');
        if (!isName) return $"'{request.Model}' is no model name: letters, digits, '-', '_' and '.', beginning with a letter or digit. Set 'model' in the trigger's job.";
        try
        {
            Gates.Parse(request.GatesJson);
            foreach (var range in request.Inputs) if (range.Filter.Length > 0) PredicateParser.Parse(range.Filter);
            return null;
        }
        catch (MeshException exception)
        {
            return exception.Message;
        }
    }
}
