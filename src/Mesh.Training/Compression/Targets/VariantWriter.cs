namespace Mesh.Training.Compression.Targets;

/// <summary>Writes what a profile's target takes.</summary>
internal static class VariantWriter
{
    /// <summary>Writes the files of a variant and notes the commands that complete it.</summary>
    public static Task WriteAsync(VariantBuild build, CancellationToken cancellationToken) => build.Profile.Target switch
    {
        VariantTarget.OnnxInt8 or VariantTarget.OnnxFp16 => OnnxTarget.WriteAsync(build, "model.onnx", cancellationToken),
        VariantTarget.Tensorrt => TensorrtTarget.WriteAsync(build, "model.plan", cancellationToken),
        VariantTarget.Qnn => QnnTarget.WriteAsync(build, cancellationToken),
        VariantTarget.Aimet => AimetTarget.WriteAsync(build, cancellationToken),
        VariantTarget.Qaic => QaicTarget.WriteAsync(build, "qpc", cancellationToken),
        _ => TritonTarget.WriteAsync(build, cancellationToken),
    };
}
