using Mesh.Kafka.Events;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
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
        try
        {
            if (job.Attempt > options.MaxAttempts)
            {
                throw new MeshException("MESH9008", $"Given up after {options.MaxAttempts} attempts that were all interrupted; '{folder.LogFile}' may tell why.");
            }

            Directory.CreateDirectory(folder.Checkpoint);
            await TrainerProcess.KillLeftoversAsync(folder, time).ConfigureAwait(false);
            var (spec, output) = FindFinishedOutput(job, folder)
                ?? await TrainAsync(job, request, folder, cancellationToken).ConfigureAwait(false);
            var card = JobOutput.Check(output, spec);
            var model = await registrar.RegisterAsync(spec, request, card, output, cancellationToken).ConfigureAwait(false);
            Log.ModelRegistered(logger, job.JobId, model.Name, model.Version, model.State.ToString().ToLowerInvariant(), model.Reason);
        }
        catch (PreemptedException exception)
        {
            await RequeueAsync(job, job.Failures, null, exception.Message, TimeSpan.Zero).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await RequeueAsync(job, job.Failures, null, "stopped; resumes on the next start", TimeSpan.Zero).ConfigureAwait(false);
            throw;
        }
        catch (MeshException exception)
        {
            await EndFailedAttemptAsync(job, exception).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A full disk or a folder that is not ours: somebody may make room.
            await EndFailedAttemptAsync(job, new MeshException("MESH9009", $"{exception.Message} Check the space and permissions of '{folder.Path}'.", isTransient: true))
                .ConfigureAwait(false);
        }
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
        JobStore.ClaimedJob job, JobRequested request, JobFolder folder, CancellationToken cancellationToken)
    {
        var spec = await MakeSpecAsync(job, request, cancellationToken).ConfigureAwait(false);
        string output = folder.OutputOf(job.Attempt);
        if (Directory.Exists(output)) Directory.Delete(output, recursive: true);
        Directory.CreateDirectory(output);
        await JobInputs.PlaceAsync(folder, spec.Inputs, lake, cancellationToken).ConfigureAwait(false);
        spec.Write(folder.SpecFile);

        Log.AttemptStarts(logger, job.JobId, job.Attempt, request.Trainer);
        var (ending, exitCode) = await TrainerProcess.RunAsync(
            commandOf(request.Trainer), folder, spec, job.TraceParent, options, time, cancellationToken).ConfigureAwait(false);
        JobInputs.RemoveCopies(folder, spec.Inputs);

        // A trainer that finished although it was told to stop has finished.
        if (exitCode == 0 && JobOutput.IsComplete(output))
        {
            CrashPoint.Reach("training.after-success");
            return (spec, output);
        }

        string details = JobOutput.ReadError(output) ?? $"see '{folder.LogFile}'";
        if (ending == TrainerProcess.Ending.Stopped) throw new OperationCanceledException(cancellationToken);
        if (ending == TrainerProcess.Ending.TimedOut)
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

    private async Task<JobSpec> MakeSpecAsync(JobStore.ClaimedJob job, JobRequested request, CancellationToken cancellationToken)
    {
        var inputs = new List<JobInput>();
        foreach (var range in request.Inputs) inputs.Add(await resolveInput(range, cancellationToken).ConfigureAwait(false));
        var previous = await database.ReadAsync(session => ModelStore.LatestAsync(session, request.Model), cancellationToken).ConfigureAwait(false);
        return new JobSpec
        {
            JobId = job.JobId,
            Attempt = job.Attempt,
            Trigger = new JobTrigger(
                request.TriggerId, request.Rule, request.Topology, request.TopologyVersion, request.Reason, UnixMicros.ToTime(request.RequestedAtUs)),
            Model = new JobModel(request.Model, previous?.Version),
            Inputs = inputs,
            Code = new JobCode(request.Trainer, options.CodeVersion),
            Hyperparameters = new SortedDictionary<string, string>(request.Hyperparameters, StringComparer.Ordinal),
            Resources = new JobResources(request.Pool, (long)Math.Ceiling(options.MaxDuration.TotalSeconds)),
            Outputs = new JobOutputs(OnnxOpset, options.MaxModelBytes),
            Gates = Gates.Parse(request.GatesJson),
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

    private Task RequeueAsync(JobStore.ClaimedJob job, int failures, string? code, string reason, TimeSpan delay) =>
        NoteAsync(transaction => JobStore.RequeueAsync(transaction, job.JobId, failures, code, reason, UnixMicros.Of(time.GetUtcNow() + delay)));

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
