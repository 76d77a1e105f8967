using Mesh.Model;
using Mesh.Onnx;
using Mesh.Training.Compression.Profiles;
using Mesh.Training.Governance.Gates;
using Mesh.Training.Models;

namespace Mesh.Training.Compression.Samples;

/// <summary>Finds samples for a model: a folder that a profile names, the training product of a model whose features are known, or what its trainer left beside it.</summary>
internal sealed class SampleSource(ManoeuvreSamples manoeuvres)
{
    private const string TrainersFolder = "samples";

    /// <summary>Reads all samples of a model for a profile.</summary>
    /// <exception cref="MeshException"><c>MESH9411</c> when there are none; <c>MESH9412</c> when they do not fit; those of the lake.</exception>
    public async Task<ModelSamples> ReadAsync(ModelEntry model, OnnxSignature signature, CompressionProfile profile, string workFolder, CancellationToken cancellationToken)
    {
        foreach (var input in signature.Inputs)
        {
            if (input.Dimensions.Count == 0) throw new MeshException("MESH9412", $"Input {input} has no axis that counts samples; such a model is not compressed here.");
        }

        if (profile.Calibration.Folder is { } folder) return SampleFolder.Read(folder, signature);
        if (ManoeuvreSamples.Knows(model)) return await manoeuvres.ReadAsync(model, signature, workFolder, cancellationToken).ConfigureAwait(false);
        if (EvaluationFile.FolderOf(model) is { } own && SampleFolder.Has(Path.Combine(own, TrainersFolder))) return SampleFolder.Read(Path.Combine(own, TrainersFolder), signature);
        throw new MeshException(
            "MESH9411",
            $"There are no samples for {model.Name}@{model.Version}: Mesh does not know the features of trainer '{model.Trainer}'. Let it leave samples as artefacts below model/{TrainersFolder}/, "
            + "or name a folder in the profile's calibration; docs/compression says what it holds.");
    }
}
