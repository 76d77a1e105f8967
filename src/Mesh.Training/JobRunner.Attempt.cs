using System.Diagnostics;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Mesh.Training.Pools;
using Mesh.Training.Running;

namespace Mesh.Training;

public sealed partial class JobRunner
{
    private const int PermanentFailure = 2;
    private const int Interrupted = 130;
    private const int Preempted = 143;
    private const int OnnxOpset = 13;

    private async Task RunAttemptAsync(JobStore.ClaimedJob job, CancellationToken cancellationToken)
    {
        var request = JobRequested.Parser.ParseFrom(job.Request);
        var folder = new JobFolder(Path.Combine(Path.GetFullPath(options.JobsFolder), job.JobId));
        // What the job leads to, the trainer's own spans and the registered model, continues the trace that asked for it.
        using var activity = MeshTracing.Continue("run job", ActivityKind.Consumer, job.TraceParent);
        activity.SetTag("mesh.job.id", job.JobId).SetTag("mesh.job.attempt", job.Attempt).SetTag("mesh.trigger.id", request.TriggerId);
        long started = Stopwatch.GetTimestamp();
        var told = new JobAttempt(job.JobId, job.Attempt, request, options.CodeVersion, folder, time.GetUtcNow());
        var end = new JobAttemptEnd(JobAttemptResult.Failed, "The attempt ended in an unexpected way; the server's log tells how.");
        observer?.Started(told);
        bool goesOn = false;
        using var attempt = new RunningAttempt(cancellationToken);
        attempts[job.JobId] = attempt;
        try
        {
            var pool = pools.Find(job.Pool) ?? throw new MeshException("MESH9016", pools.WhyRefused(job.Pool, JobKind.Train, new JobNeeds(), 0, "")!);
            // Having to make room says nothing against the job.
            if (job.Attempt - job.Preemptions > options.MaxAttempts)
            {
                throw new MeshException("MESH9008", $"Given up after {options.MaxAttempts} attempts that were all interrupted; '{folder.LogFile}' may tell why.");
            }

            // Whoever cancelled it before it was to be found above has told the database alone.
            await FindStopsAsync(cancellationToken).ConfigureAwait(false);
            attempt.Token.ThrowIfCancellationRequested();
            Directory.CreateDirectory(folder.Checkpoint);
            if (!AttemptsOf(pool).OutliveMesh) await JobProcesses.KillAsync(folder, time).ConfigureAwait(false);
            var (spec, output) = FindFinishedOutput(job, folder)
                ?? await TrainAsync(job, request, folder, pool, attempt).ConfigureAwait(false);
            end = await FinishAsync(spec, request, output, attempt.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is JobCancelledException || (exception is OperationCanceledException && attempt.Cause == RunningAttempt.StopCause.Cancelled))
        {
            end = new JobAttemptEnd(JobAttemptResult.Cancelled, "cancelled");
            await EndCancelledAsync(job).ConfigureAwait(false);
        }
        catch (PreemptedException exception)
        {
            end = new JobAttemptEnd(JobAttemptResult.Preempted, exception.Message);
            await RequeueAsync(job, job.Failures, null, exception.Message, TimeSpan.Zero).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (attempt.Cause == RunningAttempt.StopCause.Preempted)
        {
            end = new JobAttemptEnd(JobAttemptResult.Preempted, $"pre-empted: {attempt.Reason}");
            await RequeueAsync(job, job.Failures, null, $"pre-empted: {attempt.Reason}; goes on from its checkpoint", TimeSpan.Zero, preemptions: 1).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            goesOn = pools.Find(job.Pool) is { } cluster && AttemptsOf(cluster).OutliveMesh;
            end = new JobAttemptEnd(JobAttemptResult.Stopped, "stopped; resumes on the next start");
            if (goesOn) throw;
            await RequeueAsync(job, job.Failures, null, "stopped; resumes on the next start", TimeSpan.Zero).ConfigureAwait(false);
            throw;
        }
        catch (MeshException exception)
        {
            activity.Fail(exception);
            end = new JobAttemptEnd(JobAttemptResult.Failed, exception.Message) { Code = exception.Code };
            await EndFailedAttemptAsync(job, exception).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            activity.Fail(exception);
            end = new JobAttemptEnd(JobAttemptResult.Failed, exception.Message) { Code = "MESH9009" };
            // A full disk or a folder that is not ours: somebody may make room.
            await EndFailedAttemptAsync(job, new MeshException("MESH9009", $"{exception.Message} Check the space and permissions of '{folder.Path}'.", isTransient: true))
                .ConfigureAwait(false);
        }
        finally
        {
            attempts.TryRemove(job.JobId, out _);
            if (!goesOn)
            {
                await NoteAsync(transaction => UsageStore.SettleAsync(transaction, job.JobId, job.Attempt, UnixMicros.Of(time.GetUtcNow()))).ConfigureAwait(false);
            }

            TrainingMetrics.Ended(end.Result.ToString().ToLowerInvariant(), started);
            if (goesOn) observer?.Left(told);
            else if (observer is not null) await observer.EndedAsync(told, end).ConfigureAwait(false);
        }
    }

    private async Task EndCancelledAsync(JobStore.ClaimedJob job)
    {
        if (pools.Find(job.Pool) is not { } pool) return;
        try
        {
            await AttemptsOf(pool).EndAsync(job.JobId, job.Attempt, pool).ConfigureAwait(false);
        }
        catch (MeshException exception)
        {
            Log.JobLeftBehind(logger, job.JobId, exception.Code, exception.Message);
        }
    }

    private async Task<JobAttemptEnd> FinishAsync(JobSpec spec, JobRequested request, string output, CancellationToken cancellationToken)
    {
        if (!spec.Kind.MakesModel())
        {
            JobOutput.CheckResult(output);
            string where = Path.GetRelativePath(Path.GetFullPath(options.JobsFolder), output);
            string outcome = $"{spec.Kind.ToWord()} done; its results are in {where}";
            await NoteAsync(transaction => JobStore.SucceedAsync(transaction, spec.JobId, null, outcome, UnixMicros.Of(time.GetUtcNow()))).ConfigureAwait(false);
            Log.JobDone(logger, spec.JobId, spec.Kind.ToWord(), output);
            return new JobAttemptEnd(JobAttemptResult.Done, outcome);
        }

        var card = JobOutput.Check(output, spec);
        if (request.NoRegister)
        {
            await EndTrialAsync(spec.JobId).ConfigureAwait(false);
            return new JobAttemptEnd(JobAttemptResult.Kept, "a trial's model is not registered") { Card = card };
        }

        var model = await registrar.RegisterAsync(spec, request, card, output, cancellationToken).ConfigureAwait(false);
        Log.ModelRegistered(logger, spec.JobId, model.Name, model.Version, model.State.ToString().ToLowerInvariant(), model.Reason);
        return new JobAttemptEnd(JobAttemptResult.Registered, model.Reason) { Card = card, Model = model };
    }

    // The process may have died between the trainer's end and the registration.
    private static (JobSpec Spec, string Output)? FindFinishedOutput(JobStore.ClaimedJob job, JobFolder folder)
    {
        string output = folder.OutputOf(job.Attempt - 1);
        if (!JobOutput.IsComplete(output) || !File.Exists(folder.SpecFile)) return null;
        var spec = JobSpec.Read(folder.SpecFile);
        if (spec.JobId != job.JobId || spec.Attempt != job.Attempt - 1) return null;
        // Kept under this attempt's name, so that a third start finds it too if this one dies.
        string kept = folder.OutputOf(job.Attempt);
        Directory.Move(output, kept);
        spec = spec with { Attempt = job.Attempt };
        spec.Write(folder.SpecFile);
        return (spec, kept);
    }

    private async Task<(JobSpec Spec, string Output)> TrainAsync(
        JobStore.ClaimedJob job, JobRequested request, JobFolder folder, PoolOptions pool, RunningAttempt attempt)
    {
        var cancellationToken = attempt.Token;
        var runs = AttemptsOf(pool);
        string output = folder.OutputOf(job.Attempt);

        // What goes on without Mesh has its spec already, and is writing to its output.
        var spec = runs.OutliveMesh ? FindSpec(job, folder) : null;
        if (spec is null)
        {
            spec = await MakeSpecAsync(job, request, pool, cancellationToken).ConfigureAwait(false);
            if (Directory.Exists(output)) Directory.Delete(output, recursive: true);
            Directory.CreateDirectory(output);
            await JobInputs.PlaceAsync(folder, spec.Inputs, lake, asCopies: runs.OutliveMesh, cancellationToken).ConfigureAwait(false);
            spec = spec with { Inputs = await digests.AddAsync(folder, spec.Inputs, cancellationToken).ConfigureAwait(false) };
            spec.Write(folder.SpecFile);
            CrashPoint.Reach("training.after-spec");
            Log.AttemptStarts(logger, job.JobId, job.Attempt, request.Trainer, pool.Name);
        }

        // A cluster forgets what ended long ago; the output does not.
        else if (JobOutput.IsComplete(output))
        {
            return (spec, output);
        }

        var (ending, exitCode, told) = await runs.RunAsync(
            new AttemptPlan { Spec = spec, Folder = folder, Pool = pool, Attempt = attempt, TraceParent = Activity.Current?.Id ?? job.TraceParent }, cancellationToken).ConfigureAwait(false);
        JobInputs.RemoveCopies(folder, spec.Inputs);

        // A trainer that finished although it was told to stop has finished.
        if (exitCode == 0 && JobOutput.IsComplete(output))
        {
            CrashPoint.Reach("training.after-success");
            return (spec, output);
        }

        string details = JobOutput.ReadError(output) ?? $"see '{folder.LogFile}'";
        if (ending == AttemptEnding.Stopped) throw new OperationCanceledException(cancellationToken);
        // Serving has no other end than its time's.
        if (spec.Kind == JobKind.Serve && (ending == AttemptEnding.TimedOut || exitCode == 0))
        {
            JobOutput.MarkComplete(output);
            return (spec, output);
        }

        if (ending == AttemptEnding.OutOfMemory)
        {
            throw new MeshException("MESH9019", $"The trainer and what it started used {told} of memory and were ended ({details}). Allow more with resources.memory, or train on less.");
        }

        if (ending == AttemptEnding.Lost) throw new MeshException("MESH9020", $"The attempt was ended by somebody else: {told}", isTransient: true);
        if (ending == AttemptEnding.TimedOut)
        {
            throw new MeshException("MESH9003", $"The trainer exceeded its {spec.Resources.MaxSeconds} seconds and was ended ({details}). Allow more time or train on less.");
        }

        throw exitCode switch
        {
            0 => new MeshException("MESH9006", $"The trainer ended with exit code 0 but left no {JobOutput.SuccessFile} in '{output}'; it must be written last, by rename.", isTransient: true),
            PermanentFailure => new MeshException("MESH9004", $"The trainer refused: {details}"),
            Preempted or Interrupted => new PreemptedException($"pre-empted with exit code {exitCode}"),
            _ => new MeshException("MESH9005", $"The trainer failed with exit code {exitCode}: {details}", isTransient: true),
        };
    }

    private static JobSpec? FindSpec(JobStore.ClaimedJob job, JobFolder folder)
    {
        if (!File.Exists(folder.SpecFile)) return null;
        var spec = JobSpec.Read(folder.SpecFile);
        return spec.JobId == job.JobId && spec.Attempt == job.Attempt ? spec : null;
    }

    private async Task<JobSpec> MakeSpecAsync(JobStore.ClaimedJob job, JobRequested request, PoolOptions pool, CancellationToken cancellationToken)
    {
        var needs = JobNeeds.Of(request);
        var demand = pool.DemandOf(needs);
        var inputs = new List<JobInput>();
        foreach (var range in request.Inputs)
        {
            var input = await resolveInput(range, cancellationToken).ConfigureAwait(false);

            // Files are numbered per product; those of several lie in a folder of each.
            inputs.Add(request.Inputs.Count == 1 ? input : input with
            {
                Files = [.. input.Files.Select(file => file with { Path = $"{input.Name}/{range.Product}/{Path.GetFileName(file.Path)}" })],
            });
        }

        var previous = await database.ReadAsync(session => ModelStore.LatestAsync(session, request.Model), cancellationToken).ConfigureAwait(false);
        return new JobSpec
        {
            JobId = job.JobId,
            Kind = JobKinds.TryParse(request.Kind, out var kind) ? kind : JobKind.Train,
            Attempt = job.Attempt,
            Trigger = new JobTrigger(
                request.TriggerId, request.Rule, request.Topology, request.TopologyVersion, request.Reason, UnixMicros.ToTime(request.RequestedAtUs)),
            Model = new JobModel(request.Model, previous?.Version),
            Inputs = inputs,
            Code = new JobCode(request.Trainer, options.CodeVersion),
            Hyperparameters = new SortedDictionary<string, string>(request.Hyperparameters, StringComparer.Ordinal),
            Resources = new JobResources(pool.Name, MaxSecondsOf(needs))
            {
                Accelerator = pool.Accelerator,
                Accelerators = demand.Accelerators,
                Cores = demand.Cores > 0 ? demand.Cores : null,
                MemoryBytes = demand.MemoryBytes > 0 ? demand.MemoryBytes : null,
                Spot = pool.Spot,
            },
            Outputs = new JobOutputs(OnnxOpset, options.MaxModelBytes),
            Gates = Gates.Parse(request.GatesJson),
            Holdouts = [.. (await holdouts.ListAsync(cancellationToken).ConfigureAwait(false)).Select(holdout => new JobHoldout(holdout.Name, holdout.Digest, holdout.Recordings))],
        };
    }

    private async Task EndFailedAttemptAsync(JobStore.ClaimedJob job, MeshException failure)
    {
        int failures = job.Failures + 1;
        if (failure.IsTransient && failures < options.MaxFailures)
        {
            Log.JobRetries(logger, job.JobId, failure.Code, failure.Message);
            await RequeueAsync(job, failures, failure.Code, failure.Message, options.RetryDelay * Math.Pow(2, failures - 1)).ConfigureAwait(false);
            return;
        }

        Log.JobFailed(logger, job.JobId, failure.Code, failure.Message);
        await NoteAsync(transaction => JobStore.FailAsync(transaction, job.JobId, failures, failure.Code, failure.Message, UnixMicros.Of(time.GetUtcNow())))
            .ConfigureAwait(false);
    }

    private Task RequeueAsync(JobStore.ClaimedJob job, int failures, string? code, string reason, TimeSpan delay, int preemptions = 0) =>
        NoteAsync(transaction =>
        {
            var now = time.GetUtcNow();
            return JobStore.RequeueAsync(transaction, job.JobId, failures, code, reason, UnixMicros.Of(now + delay), UnixMicros.Of(now), preemptions);
        });

    // How an attempt ended is noted even while stopping and waited for while the disk is full; else the job would look as if it ran on.
    private async Task NoteAsync(Func<MetadataTransaction, Task> note)
    {
        while (true)
        {
            try
            {
                await database.WriteAsync(note, CancellationToken.None).ConfigureAwait(false);
                return;
            }
            catch (MeshException exception) when (exception.IsTransient)
            {
                Log.WaitsForDatabase(logger, exception.Message);
                await Task.Delay(DatabaseRetry, time, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private sealed class PreemptedException(string message) : Exception(message);
}
