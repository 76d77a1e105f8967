using System.Text.Json;

namespace Mesh.Training.Compression;

/// <summary>Words for targets and states, as manifests have them.</summary>
public static class VariantNames
{
    /// <summary>The word for a target, for example <c>onnx-int8</c>.</summary>
    public static string Of(VariantTarget target) => JsonSerializer.SerializeToElement(target, VariantManifest.Json).GetString()!;

    /// <summary>The word for a state, for example <c>inputs_only</c>.</summary>
    public static string Of(VariantStatus status) => JsonSerializer.SerializeToElement(status, VariantManifest.Json).GetString()!;
}
