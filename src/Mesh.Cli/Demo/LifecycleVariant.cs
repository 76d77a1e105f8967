using Mesh.Training.Compression;

namespace Mesh.Cli.Demo;

/// <summary>A variant of a version.</summary>
/// <param name="Profile">Profile it was made by.</param>
/// <param name="Status">What became of it.</param>
/// <param name="Reason">Why.</param>
/// <param name="Bytes">Size of the file that was run, or of all files where none was.</param>
/// <param name="Agreement">Share of samples with the model's answer; null where nothing was run.</param>
/// <param name="Accuracy">Share of samples named rightly; null without labels.</param>
internal sealed record LifecycleVariant(string Profile, string Status, string Reason, long Bytes, double? Agreement, double? Accuracy)
{
    public static LifecycleVariant Of(VariantManifest manifest) => new(
        manifest.Profile, VariantNames.Of(manifest.Status), manifest.Reason, manifest.Validation?.Bytes ?? manifest.Files.Sum(file => file.Bytes),
        manifest.Validation?.Agreement, manifest.Validation?.Accuracy);
}
