namespace Mesh.Training.Compression;

/// <summary>What a variant does on rows that neither it nor its parent learnt from, beside what the parent does on the same rows.</summary>
public sealed record VariantValidation
{
    /// <summary>What ran both, for example <c>onnxruntime 1.30.0 (cpu)</c> or <c>mesh evaluator</c>.</summary>
    public required string Runtime { get; init; }

    /// <summary>File of the variant that was run. For a target whose compiled form cannot be run here, the model that simulates it.</summary>
    public required string File { get; init; }

    /// <summary>Which rows, for example <c>held-out windows</c>.</summary>
    public required string Data { get; init; }

    /// <summary>Number of samples.</summary>
    public required int Samples { get; init; }

    /// <summary>Share classified right, 0 to 1; null without labels.</summary>
    public double? Accuracy { get; init; }

    /// <summary>The parent's; null without labels.</summary>
    public double? ParentAccuracy { get; init; }

    /// <summary>Share of samples for which both answer the same class, 0 to 1; null when the output is no vector of classes.</summary>
    public double? Agreement { get; init; }

    /// <summary>Largest difference between an output of the two.</summary>
    public required double MaxAbsError { get; init; }

    /// <summary>Size of <see cref="File"/>.</summary>
    public required long Bytes { get; init; }

    /// <summary>Size of the parent's ONNX file.</summary>
    public required long ParentBytes { get; init; }

    /// <summary>Duration of a run of the variant; null when it was not measured.</summary>
    public VariantLatency? LatencyUs { get; init; }

    /// <summary>Duration of a run of the parent, measured in turn with the variant's.</summary>
    public VariantLatency? ParentLatencyUs { get; init; }
}
