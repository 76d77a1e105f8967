using Google.Protobuf;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Mesh.Training.Running;
using Microsoft.Extensions.Logging;

namespace Mesh.Training;

/// <summary>
/// Runs the jobs of mesh.db, each to its one end: a registered or rejected model, or a failure with a reason. What was running when the
/// process died is run again; a trainer's finished output is used and not made twice.
/// </summary>
public sealed partial class JobRunner : IDisposable
{
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DatabaseRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DutyCheck = TimeSpan.FromSeconds(5);

    private readonly MetadataDatabase database;
    private readonly TrainingOptions options;
    private readonly Func<ProductRange, CancellationToken, ValueTask<JobInput>> resolveInput;
    private readonly Func<string, (string File, string[] Arguments)> commandOf;
    private readonly IObjectStore? lake;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private readonly ModelRegistrar registrar;
    private readonly SemaphoreSlim jobsChanged = new(0);

    /// <param name="database">Jobs, models and outbox.</param>
    /// <param name="options">Folders and limits.</param>
    /// <param name="resolveInput">Finds the files of a product's range.</param>
    /// <param name="commandOf">Program and arguments of a trainer, given <c>builtin/NAME</c> or a command line.</param>
    /// <param name="logger">Log.</param>
    /// <param name="time">Clock for limits and retries.</param>
    /// <param name="lake">Where input files are copied from that are not on this machine; null when all are.</param>
    public JobRunner(
        MetadataDatabase database,
        TrainingOptions options,
        Func<ProductRange, CancellationToken, ValueTask<JobInput>> resolveInput,
        Func<string, (string File, string[] Arguments)> commandOf,
        ILogger logger,
        TimeProvider time,
        IObjectStore? lake = null)
    {
        this.database = database;
        this.options = options;
        this.resolveInput = resolveInput;
        this.commandOf = commandOf;
        this.lake = lake;
        this.logger = logger;
        this.time = time;
        registrar = new ModelRegistrar(database, options, time);
        Jobs = new JobStore(database);
        Models = new ModelStore(database);
        // Makes the table that registrations write to.
        new Outbox(database).Dispose();
    }

    /// <summary>The jobs.</summary>
    public JobStore Jobs { get; }

    /// <summary>The models.</summary>
    public ModelStore Models { get; }

    /// <summary>Takes a request in; one that was taken before changes nothing. A request that can never run becomes a failed job.</summary>
    /// <returns>Whether it was new.</returns>
    public async ValueTask<bool> AcceptAsync(JobRequested request, string? traceParent, CancellationToken cancellationToken)
    {
        string jobId = JobId.Compute(request.TriggerId, request.Trainer, request.Hyperparameters, options.CodeVersion);
        string? invalid = WhatIsWrongWith(request);
        byte[] bytes = request.ToByteArray();
        bool isNew = await database.WriteAsync(
            transaction => JobStore.AddAsync(transaction, jobId, request, bytes, traceParent, invalid, UnixMicros.Of(time.GetUtcNow())),
            cancellationToken).ConfigureAwait(false);
        if (!isNew) return false;
        if (invalid is null) Log.JobAccepted(logger, jobId, request.Reason);
        else Log.JobFailed(logger, jobId, "MESH9001", invalid);
        jobsChanged.Release();
        return true;
    }

    /// <summary>Resumes what a dead process left, then runs jobs until cancelled; running trainers are told to stop and resume on the next start.</summary>
    /// <remarks>Of the processes that share a database one runs jobs: what is marked as running was the dead one's, and may be begun again.</remarks>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var duty = await database.HoldAsync("training", cancellationToken).ConfigureAwait(false);
        await using var _ = duty.ConfigureAwait(false);
        await ResumeAsync(cancellationToken).ConfigureAwait(false);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var tasks = new Task[options.MaxParallelJobs + 1];
        for (int i = 1; i < tasks.Length; i++) tasks[i] = WorkAsync(stop.Token);
        tasks[0] = ConfirmAsync(duty, stop.Token);
        await Task.WhenAny(tasks).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(tasks).ConfigureAwait(false);
    }

    /// <summary>Puts jobs back that ran when the process died and ends their trainers, should these still run.</summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        int resumed = await database.WriteAsync(JobStore.RequeueRunningAsync, cancellationToken).ConfigureAwait(false);
        if (resumed > 0) Log.JobsResumed(logger, resumed);
    }

    /// <summary>Runs one attempt of the next job that may run.</summary>
    /// <returns>False when there is none.</returns>
    public async Task<bool> RunNextAsync(CancellationToken cancellationToken)
    {
        var job = await database.WriteAsync(
            transaction => JobStore.ClaimAsync(transaction, UnixMicros.Of(time.GetUtcNow())), cancellationToken).ConfigureAwait(false);
        if (job is null) return false;
        await RunAttemptAsync(job, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        registrar.Dispose();
        jobsChanged.Dispose();
    }

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

    /// <summary>Returns when cancelled; fails as soon as another process may have begun to run the jobs.</summary>
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
        long? next = await database.ReadAsync(JobStore.NextStartUsAsync, cancellationToken).ConfigureAwait(false);
        var sleep = next is { } us && UnixMicros.ToTime(us) - time.GetUtcNow() is var until && until < LongestSleep ? until : LongestSleep;
        if (sleep <= TimeSpan.Zero) return;
        using var sleepEnds = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(Task.Delay(sleep, time, sleepEnds.Token), jobsChanged.WaitAsync(sleepEnds.Token)).ConfigureAwait(false);
        await sleepEnds.CancelAsync().ConfigureAwait(false);
    }

    private static string? WhatIsWrongWith(JobRequested request)
    {
        if (request.TriggerId.Length == 0) return "The request has no trigger id.";
        if (request.Inputs.Count == 0) return "The request names no input.";
        bool isName = request.Model.Length is > 0 and <= 100 && char.IsAsciiLetterOrDigit(request.Model[0])
            && request.Model.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');
        if (!isName) return $"'{request.Model}' is no model name: letters, digits, '-', '_' and '.', beginning with a letter or digit. Set 'model' in the trigger's job.";
        try
        {
            Gates.Parse(request.GatesJson);
            return null;
        }
        catch (MeshException exception)
        {
            return exception.Message;
        }
    }
}
