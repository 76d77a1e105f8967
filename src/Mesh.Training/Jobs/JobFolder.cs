namespace Mesh.Training.Jobs;

/// <summary>
/// A job on disk: <c>spec.json</c>, <c>input/</c>, <c>output/attempt-N/</c>, <c>checkpoint/</c>, <c>log.txt</c>. Each attempt has its own
/// output, so that what a dead attempt left is never taken for the next one's; the checkpoint is shared, which is its purpose.
/// </summary>
/// <param name="Path">Absolute path.</param>
public sealed record JobFolder(string Path)
{
    /// <summary>The spec.</summary>
    public string SpecFile => System.IO.Path.Combine(Path, "spec.json");

    /// <summary>Links to the input's files, or copies of those that are not on this machine.</summary>
    public string Input => System.IO.Path.Combine(Path, "input");

    /// <summary>Survives attempts.</summary>
    public string Checkpoint => System.IO.Path.Combine(Path, "checkpoint");

    /// <summary>What the trainer printed.</summary>
    public string LogFile => System.IO.Path.Combine(Path, "log.txt");

    /// <summary>Output of an attempt.</summary>
    public string OutputOf(int attempt) => System.IO.Path.Combine(Path, "output", $"attempt-{attempt}");
}
