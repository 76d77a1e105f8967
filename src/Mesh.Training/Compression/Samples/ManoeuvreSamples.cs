using System.Runtime.InteropServices;
using Mesh.Kafka.Events;
using Mesh.Model;
using Mesh.Onnx;
using Mesh.Storage;
using Mesh.Training.Governance.Gates;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Mesh.Training.Reference;
using Mesh.Training.Running;

namespace Mesh.Training.Compression.Samples;

/// <summary>
/// Samples of a model of <c>builtin/manoeuvre</c>: the windows of the product and snapshot that it was trained on, cut and split by the trainer's
/// own code. Ranges are measured on windows it learnt from; it is compared on those that were held out.
/// </summary>
internal sealed class ManoeuvreSamples(Func<ProductRange, CancellationToken, ValueTask<JobInput>> resolveInput, IObjectStore? lake, HoldoutStore holdouts, string jobsFolder)
{
    private const string Trainer = "builtin/manoeuvre";

    /// <summary>Whether a model's features are known here.</summary>
    public static bool Knows(ModelEntry model) => model.Trainer == Trainer;

    /// <summary>Reads the samples.</summary>
    /// <param name="model">The version.</param>
    /// <param name="signature">Of its file.</param>
    /// <param name="workFolder">For copies of files that are not on this machine; removed afterwards.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="MeshException"><c>MESH9412</c> when the data has changed its meaning since; those of the lake and of the trainer.</exception>
    public async Task<ModelSamples> ReadAsync(ModelEntry model, OnnxSignature signature, string workFolder, CancellationToken cancellationToken)
    {
        if (model.Inputs is not [var source]) throw new MeshException("MESH9412", $"{model.Name}@{model.Version} was trained on {model.Inputs.Count} products, {Trainer} takes one.");
        var range = new ProductRange { Product = source.Product, Table = source.Table, FromSnapshotId = source.FromSnapshotId, ToSnapshotId = source.SnapshotId, Filter = FilterOf(model, source.Table) };
        var input = await resolveInput(range, cancellationToken).ConfigureAwait(false);
        var folder = new JobFolder(workFolder);
        try
        {
            await JobInputs.PlaceAsync(folder, [input], lake, asCopies: false, cancellationToken).ConfigureAwait(false);
            var options = ManoeuvreOptions.Read(model.Hyperparameters);
            var frames = new FrameSet(options.MaxFrames);
            await frames.ReadAsync(input, folder.Input, cancellationToken).ConfigureAwait(false);
            var set = WindowSet.Cut(frames, options.Window, options.Stride);
            string[] labels = signature.Metadata.GetValueOrDefault("labels", "").Split('\n');
            if (!set.Classes.SequenceEqual(labels)) throw new MeshException("MESH9412", $"{source.Table} at snapshot {source.SnapshotId} has the classes {string.Join(", ", set.Classes)}, the model {string.Join(", ", labels)}. The table is not the one it was trained on.");
            var split = Split.Make(set, options.HeldOut, options.Seed, await FrozenAsync(model, cancellationToken).ConfigureAwait(false));
            return new ModelSamples(
                Take(set, split.Training, signature, "windows of the training"), Take(set, split.HeldOut, signature, $"windows held out by {split.Kind}"), source.Table, source.SnapshotId);
        }
        finally
        {
            if (Directory.Exists(folder.Path)) Directory.Delete(folder.Path, recursive: true);
        }
    }

    /// <summary>Rows that the trainer was given, as the job's spec has them; all when that is gone.</summary>
    private string FilterOf(ModelEntry model, string table)
    {
        string spec = new JobFolder(Path.Combine(jobsFolder, model.JobId)).SpecFile;
        return File.Exists(spec) ? JobSpec.Read(spec).Inputs.FirstOrDefault(input => input.Table == table)?.Filter ?? "" : "";
    }

    /// <summary>Recordings that the trainer was told to leave alone; as the job's spec has them, or if that is gone as they are now.</summary>
    private async Task<HashSet<string>> FrozenAsync(ModelEntry model, CancellationToken cancellationToken)
    {
        string spec = new JobFolder(Path.Combine(jobsFolder, model.JobId)).SpecFile;
        if (File.Exists(spec)) return [.. JobSpec.Read(spec).Holdouts.SelectMany(holdout => holdout.Recordings)];
        return [.. (await holdouts.ListAsync(cancellationToken).ConfigureAwait(false)).SelectMany(holdout => holdout.Recordings)];
    }

    private static SampleSet Take(WindowSet set, int[] windows, OnnxSignature signature, string origin)
    {
        float[] values = new float[windows.Length * set.InputLength];
        for (int i = 0; i < windows.Length; i++) set.InputOf(windows[i]).CopyTo(values.AsSpan(i * set.InputLength));
        var tensor = new OnnxTensor(OnnxElementType.Float, [windows.Length, set.Frames, FrameColumns.Channels.Count], MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        return new SampleSet(new Dictionary<string, OnnxTensor> { [signature.Inputs[0].Name] = tensor }, [.. windows.Select(window => set.Windows[window].Class)], origin);
    }
}
