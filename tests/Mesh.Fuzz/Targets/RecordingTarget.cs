namespace Mesh.Fuzz.Targets;

/// <summary>A format of recordings.</summary>
public abstract class RecordingTarget : FuzzTarget
{
    /// <inheritdoc/>
    public override Task RunAsync(FuzzSample input, Random random, CancellationToken cancellationToken) => RecordingExercise.RunAsync(input, random, cancellationToken);
}
