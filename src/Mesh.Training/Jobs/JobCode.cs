namespace Mesh.Training.Jobs;

/// <summary>What a job runs.</summary>
/// <param name="Trainer"><c>builtin/NAME</c> or a command line.</param>
/// <param name="Version">Version of Mesh that started it.</param>
public sealed record JobCode(string Trainer, string Version);
