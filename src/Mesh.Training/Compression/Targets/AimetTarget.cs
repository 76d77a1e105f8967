using Mesh.Onnx.Export;
using Mesh.Onnx.Quantisation;

namespace Mesh.Training.Compression.Targets;

/// <summary>AIMET: encodings 1.0.0 and the float model that they name; loaded in Python, so that there is no command to run.</summary>
internal static class AimetTarget
{
    /// <summary>Writes both.</summary>
    public static async Task WriteAsync(VariantBuild build, CancellationToken cancellationToken)
    {
        var quantised = await build.QuantiseAsync(QuantisationFlavour.Qnn, cancellationToken).ConfigureAwait(false);
        build.WriteModel("model.onnx", quantised.Reference, VariantRoles.Model, isValidated: false);
        build.WriteModel("simulation/model_qdq.onnx", quantised.Model, VariantRoles.Simulation, isValidated: true);
        build.Write("model.encodings", QuantisationEncodings.From(quantised).ToAimet(), VariantRoles.Encodings);
    }
}
