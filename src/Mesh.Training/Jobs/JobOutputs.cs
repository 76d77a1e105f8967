namespace Mesh.Training.Jobs;

/// <summary>What is expected of a job's result.</summary>
/// <param name="OnnxOpset">Operator set to export to.</param>
/// <param name="MaxBytes">Largest model accepted.</param>
public sealed record JobOutputs(int OnnxOpset, long MaxBytes);
