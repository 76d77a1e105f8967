using Mesh.Model;

namespace Mesh.Training.Reference;

/// <summary>What a trainer finds in its environment under the job contract.</summary>
/// <param name="SpecFile"><c>MESH_JOB_SPEC</c>.</param>
/// <param name="InputFolder"><c>MESH_INPUT_DIR</c>.</param>
/// <param name="OutputFolder"><c>MESH_OUTPUT_DIR</c>.</param>
/// <param name="CheckpointFolder"><c>MESH_CHECKPOINT_DIR</c>.</param>
public sealed record TrainerEnvironment(string SpecFile, string InputFolder, string OutputFolder, string CheckpointFolder)
{
    /// <summary>Reads this process's environment.</summary>
    /// <exception cref="MeshException"><c>MESH9104</c> when something is missing.</exception>
    public static TrainerEnvironment FromProcess() =>
        new(Require("MESH_JOB_SPEC"), Require("MESH_INPUT_DIR"), Require("MESH_OUTPUT_DIR"), Require("MESH_CHECKPOINT_DIR"));

    private static string Require(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value
        ? value
        : throw new MeshException("MESH9104", $"{name} is not set: a trainer is started by a job, not by hand. `mesh jobs list` shows the jobs.");
}
