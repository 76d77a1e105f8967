using Mesh.Model;
using Mesh.Training.Jobs;

namespace Mesh.Training.Reference;

/// <summary>
/// The built-in trainer <c>builtin/manoeuvre</c>: learns to name driving manoeuvres from windows of acceleration, rotation and speed in a
/// table of synchronised frames. Runs as its own process under the <c>mesh.job/v1</c> contract.
/// </summary>
public static class ManoeuvreTrainer
{
    private const int Success = 0;
    private const int RetryableFailure = 1;
    private const int PermanentFailure = 2;
    private const int Preempted = 143;
    private const int MinTrainingWindows = 20;
    private const int MinHeldOutWindows = 5;

    /// <summary>Runs the job this process's environment names.</summary>
    /// <param name="log">Takes progress and errors, for people.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">SIGTERM: ends after the current batch; the next attempt continues from the checkpoint.</param>
    /// <returns>The process's exit code: 0 done, 1 may be tried again, 2 never works, 143 pre-empted.</returns>
    public static async Task<int> RunAsync(TextWriter log, TimeProvider time, CancellationToken cancellationToken)
    {
        TrainerEnvironment environment;
        try
        {
            environment = TrainerEnvironment.FromProcess();
        }
        catch (MeshException exception)
        {
            await log.WriteLineAsync($"{exception.Code}: {exception.Message}").ConfigureAwait(false);
            return PermanentFailure;
        }

        return await RunAsync(environment, log, time, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs a job.</summary>
    public static async Task<int> RunAsync(TrainerEnvironment environment, TextWriter log, TimeProvider time, CancellationToken cancellationToken)
    {
        using var output = new TrainerOutput(environment.OutputFolder, time);
        try
        {
            var spec = JobSpec.Read(environment.SpecFile);
            await TrainAsync(spec, environment, output, log, time.GetTimestamp(), time, cancellationToken).ConfigureAwait(false);
            return Success;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            output.Report(new { type = "preempted" });
            await log.WriteLineAsync("Pre-empted; the next attempt continues from the checkpoint.").ConfigureAwait(false);
            return Preempted;
        }
        catch (Exception exception)
        {
            // The end of the process: whatever it was must be told through error.json and the exit code.
            bool retryable = exception is MeshException { IsTransient: true } or IOException;
            string code = exception is MeshException mesh ? mesh.Code : exception.GetType().Name;
            output.WriteError(code, exception.Message, retryable);
            await log.WriteLineAsync(exception is MeshException or IOException ? $"{code}: {exception.Message}" : exception.ToString()).ConfigureAwait(false);
            return retryable ? RetryableFailure : PermanentFailure;
        }
    }

    private static async Task TrainAsync(
        JobSpec spec, TrainerEnvironment environment, TrainerOutput output, TextWriter log, long started, TimeProvider time, CancellationToken cancellationToken)
    {
        var options = ManoeuvreOptions.Read(spec.Hyperparameters);
        if (spec.Inputs is not [var input])
        {
            throw new MeshException("MESH9101", $"builtin/manoeuvre takes one product, the job has {spec.Inputs.Count}.");
        }

        output.Report(new { type = "start", product = input.Product, rows = input.Rows, attempt = spec.Attempt });
        var frames = new FrameSet(options.MaxFrames);
        await frames.ReadAsync(input, environment.InputFolder, cancellationToken).ConfigureAwait(false);
        var set = WindowSet.Cut(frames, options.Window, options.Stride);
        var frozen = spec.Holdouts.SelectMany(holdout => holdout.Recordings).ToHashSet();
        var split = Split.Make(set, options.HeldOut, options.Seed, frozen);
        RequireEnough(input, frames, set, split);
        await log.WriteLineAsync(
            $"{frames.Count:N0} frames of {frames.Recordings.Count} recordings; {split.Training.Length:N0} windows to train on, {split.HeldOut.Length:N0} held out by {split.Kind}; "
            + $"left out: {set.WithMissingSamples:N0} with missing samples, {set.WithoutLabel:N0} without label, {set.WithGaps:N0} with gaps").ConfigureAwait(false);

        var training = new ManoeuvreTraining(set, split, options);
        training.Run(
            Path.Combine(environment.CheckpointFolder, "manoeuvre.ckpt"),
            epoch =>
            {
                output.Report(new
                {
                    type = "metric",
                    epoch = epoch.Epoch,
                    step = epoch.Step,
                    train_loss = epoch.TrainLoss,
                    train_accuracy = epoch.TrainAccuracy,
                    accuracy = epoch.HeldOutAccuracy,
                });
            },
            cancellationToken);

        var report = EvaluationReport.Make(training, set, split, spec.Holdouts);
        var heldOut = report.HeldOut;
        var trained = training.Evaluate(split.Training);
        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal)
        {
            ["accuracy"] = heldOut.Accuracy,
            ["majority_baseline"] = heldOut.MajorityBaseline,
            ["macro_recall"] = heldOut.MacroRecall,
            ["train_accuracy"] = trained.Accuracy,
            ["held_out_windows"] = split.HeldOut.Length,
            ["train_windows"] = split.Training.Length,
        };
        output.WriteModel(training.Classifier, options);
        output.WriteEvaluation(report, metrics, frames, set, split);
        output.WriteCard(spec, input, [.. frames.Recordings.Where(recording => !frozen.Contains(recording.Id))], options, metrics, time.GetElapsedTime(started));
        output.Report(new { type = "done", accuracy = heldOut.Accuracy });
        await log.WriteLineAsync(
            $"held-out accuracy {heldOut.Accuracy:P1}, majority class {heldOut.MajorityBaseline:P1}, {time.GetElapsedTime(started).TotalSeconds:N1} s").ConfigureAwait(false);
        output.Complete();
    }

    private static void RequireEnough(JobInput input, FrameSet frames, WindowSet set, Split split)
    {
        int classes = split.Training.Select(window => set.Windows[window].Class).Distinct().Count();
        if (split.Training.Length >= MinTrainingWindows && split.HeldOut.Length >= MinHeldOutWindows && classes >= 2) return;
        throw new MeshException(
            "MESH9102",
            $"'{input.Product}' has too little to learn from: {frames.Count:N0} frames give {split.Training.Length:N0} windows of {classes} classes to train on and "
            + $"{split.HeldOut.Length:N0} to hold out; left out were {set.WithMissingSamples:N0} windows with missing samples, {set.WithoutLabel:N0} without label and "
            + $"{set.WithGaps:N0} with gaps. At least {MinTrainingWindows} and {MinHeldOutWindows} windows of 2 classes are needed: raise newRows in the trigger.");
    }
}
