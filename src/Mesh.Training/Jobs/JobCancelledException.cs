namespace Mesh.Training.Jobs;

/// <summary>A job was cancelled while something was done for it.</summary>
internal sealed class JobCancelledException() : Exception("The job was cancelled.");
