using Mesh.Onnx.Quantisation;
using Mesh.Training.Compression.Profiles;

namespace Mesh.Training.Compression.Targets;

/// <summary>Plain ONNX, for any runtime.</summary>
internal static class OnnxTarget
{
    /// <summary>Writes the model in the profile's precision.</summary>
    public static async Task WriteAsync(VariantBuild build, string path, CancellationToken cancellationToken)
    {
        var model = build.Profile.Precision switch
        {
            ProfilePrecision.Int8 => (await build.QuantiseAsync(QuantisationFlavour.OrtU8S8, cancellationToken).ConfigureAwait(false)).Model,
            ProfilePrecision.Fp16 => build.Halve(),
            _ => build.Simplify(),
        };
        build.WriteModel(path, model, VariantRoles.Model, isValidated: true);
    }
}
