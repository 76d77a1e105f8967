using Google.Protobuf;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Training.Governance.Policy;
using Mesh.Training.Jobs;
using Mesh.Training.Models;

namespace Mesh.Training.Running;

/// <summary>
/// Registers a checked result: files first, then one transaction with the version, the job's end and the event. A crash between the two
/// leaves a folder that no row names; the next registration of that version replaces it.
/// </summary>
internal sealed class ModelRegistrar(MetadataDatabase database, TrainingOptions options, TimeProvider time) : IDisposable
{
    // Versions are handed out by counting; one registration at a time keeps the folder and the row together.
    private readonly SemaphoreSlim oneAtATime = new(1);

    public async Task<ModelEntry> RegisterAsync(
        JobSpec spec, JobRequested request, ModelCard card, string output, CancellationToken cancellationToken)
    {
        await oneAtATime.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var (version, previous) = await database.ReadAsync(
                async session => (
                    await ModelStore.NextVersionAsync(session, spec.Model.Name).ConfigureAwait(false),
                    await ModelStore.LatestAsync(session, spec.Model.Name).ConfigureAwait(false)),
                cancellationToken).ConfigureAwait(false);
            string folder = CopyFiles(spec, card, output, version);
            var entry = Describe(spec, card, folder, version, Gates.Evaluate(spec.Gates, card.Metrics, previous));
            try
            {
                await AddAsync(spec, request, entry, cancellationToken).ConfigureAwait(false);
            }
            catch (JobCancelledException)
            {
                // No row names it, and there may be no later version whose registration replaces it.
                Directory.Delete(folder, recursive: true);
                throw;
            }

            CrashPoint.Reach("training.after-register");
            return entry;
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    public void Dispose() => oneAtATime.Dispose();

    private ValueTask AddAsync(JobSpec spec, JobRequested request, ModelEntry entry, CancellationToken cancellationToken) => database.WriteAsync(
        async transaction =>
        {
            await ModelStore.AddAsync(transaction, entry).ConfigureAwait(false);
            string outcome = $"{entry.Name} version {entry.Version} {entry.State.ToString().ToLowerInvariant()}: {entry.Reason}";
            await JobStore.SucceedAsync(transaction, spec.JobId, entry.Version, outcome, UnixMicros.Of(entry.RegisteredAt)).ConfigureAwait(false);
            await Outbox.AddAsync(transaction, Topics.ModelRegistered, entry.Name, ModelRegistered.Descriptor.FullName, Event(entry, request).ToByteArray())
                .ConfigureAwait(false);
        },
        cancellationToken);

    private string CopyFiles(JobSpec spec, ModelCard card, string output, int version)
    {
        string models = Path.Combine(options.ModelsFolder, spec.Model.Name);
        string target = Path.Combine(models, version.ToString());
        string temporary = Path.Combine(models, $".{spec.JobId}.tmp");
        if (Directory.Exists(temporary)) Directory.Delete(temporary, recursive: true);
        string[] others = [JobOutput.CardFile, JobOutput.EvaluationFile, JobOutput.MetricsFile];
        foreach (string relative in card.Artifacts.Select(artifact => artifact.Path).Concat(others).Distinct())
        {
            string source = Path.Combine(output, relative);
            if (!File.Exists(source)) continue;
            // The files of the model folder become the version's own; model/model.onnx is found as NAME/VERSION/model.onnx.
            string destination = Path.Combine(temporary, relative.StartsWith("model/", StringComparison.Ordinal) ? relative["model/".Length..] : relative);
            Directory.CreateDirectory(Path.GetDirectoryName(destination)!);
            using var from = File.OpenRead(source);
            using var to = new FileStream(destination, FileMode.CreateNew, FileAccess.Write);
            from.CopyTo(to);
            to.Flush(flushToDisk: true);
        }

        if (Directory.Exists(target)) Directory.Delete(target, recursive: true);
        Directory.Move(temporary, target);
        return target;
    }

    private ModelEntry Describe(JobSpec spec, ModelCard card, string folder, int version, IReadOnlyList<GateResult> gates)
    {
        string[] blocking = [.. gates.Where(gate => gate.Blocks).Select(gate => gate.Reason)];
        var model = card.Artifacts.First(artifact => artifact.Path == JobOutput.ModelFile);
        string reason = (blocking.Length, gates.Count) switch
        {
            ( > 0, _) => string.Join("; ", blocking),
            (_, 0) => "no gates were set",
            _ => string.Join("; ", gates.Select(gate => gate.Reason)),
        };
        return new ModelEntry
        {
            Name = spec.Model.Name,
            Version = version,
            State = blocking.Length > 0 ? ModelState.Rejected : ModelState.Registered,
            LifecycleState = blocking.Length > 0 ? Lifecycle.Rejected : Lifecycle.Candidate,
            Reason = reason,
            JobId = spec.JobId,
            TriggerId = spec.Trigger.TriggerId,
            Trainer = spec.Code.Trainer,
            CodeVersion = spec.Code.Version,
            Hyperparameters = card.Hyperparameters.Count > 0 ? card.Hyperparameters : spec.Hyperparameters,
            Metrics = card.Metrics.Where(metric => double.IsFinite(metric.Value)).ToDictionary(),
            Gates = gates,
            Inputs = [.. spec.Inputs.Select(input => new ModelInput(input.Product, input.Table, input.FromSnapshotId, input.SnapshotId, input.Rows))],
            IngestIds = [.. card.Inputs.SelectMany(input => input.IngestIds).Distinct().Order(StringComparer.Ordinal)],
            RecordingCount = card.Inputs.SelectMany(input => input.IngestIds).Distinct().Count(),
            Uri = new Uri(Path.Combine(Path.GetFullPath(folder), "model.onnx")).AbsoluteUri,
            Sha256 = model.Sha256,
            Bytes = model.Bytes,
            RegisteredAt = time.GetUtcNow(),
        };
    }

    private static ModelRegistered Event(ModelEntry entry, JobRequested request)
    {
        var message = new ModelRegistered
        {
            Model = entry.Name,
            Version = entry.Version,
            JobId = entry.JobId,
            TriggerId = entry.TriggerId,
            ModelUri = entry.Uri,
            ModelSha256 = entry.Sha256,
            State = entry.State == ModelState.Registered ? "registered" : $"rejected: {entry.Reason}",
            RegisteredAtUs = UnixMicros.Of(entry.RegisteredAt),
        };
        message.Metrics.Add(entry.Metrics.ToDictionary());
        message.Inputs.Add(request.Inputs);
        message.IngestIds.Add(entry.IngestIds);
        return message;
    }
}
