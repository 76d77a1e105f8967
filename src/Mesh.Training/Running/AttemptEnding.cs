namespace Mesh.Training.Running;

/// <summary>What ended an attempt.</summary>
internal enum AttemptEnding
{
    /// <summary>The trainer, with its exit code.</summary>
    Exited,
    /// <summary>Its time was up.</summary>
    TimedOut,
    /// <summary>It was told to stop.</summary>
    Stopped,
    /// <summary>It used more memory than it may.</summary>
    OutOfMemory,
    /// <summary>Somebody else: the cluster gave it up, or its Job was deleted.</summary>
    Lost,
}
