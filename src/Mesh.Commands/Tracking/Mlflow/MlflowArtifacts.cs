using System.Text.Json.Nodes;
using Mesh.Training.Tracking;
using Mesh.Training.Tracking.Artifacts;

namespace Mesh.Commands.Tracking.Mlflow;

/// <summary>Paths of the artefact proxy: <c>EXPERIMENT/RUN/artifacts/PATH</c>, as the URIs <c>mlflow-artifacts:/EXPERIMENT/RUN/artifacts</c> lead to.</summary>
public static class MlflowArtifacts
{
    /// <summary>The run and the path below its artefacts.</summary>
    /// <param name="path">Path as clients send it.</param>
    /// <exception cref="TrackingException"><c>MESH9320</c> it lies elsewhere.</exception>
    public static (string RunId, string Path) Split(string path)
    {
        string[] parts = path.Split('/', 4);
        if (parts.Length < 3 || parts[2] != "artifacts" || !parts[0].All(char.IsAsciiDigit) || parts[0].Length == 0)
        {
            throw new TrackingException("MESH9320", $"'{(path.Length > 80 ? path[..80] + "…" : path)}' is no artefact of a run: EXPERIMENT/RUN/artifacts/PATH, as the run's artifact_uri says.");
        }

        return (parts[1], parts.Length == 4 ? parts[3] : "");
    }

    /// <summary>A listing as the proxy shows it: paths are relative to what was asked for.</summary>
    public static JsonObject Listing(IReadOnlyList<ArtifactEntry> entries) =>
        new() { ["files"] = new JsonArray([.. entries.Select(entry => Show(entry, entry.Path[(entry.Path.LastIndexOf('/') + 1)..]))]) };

    internal static JsonObject Show(ArtifactEntry entry, string path)
    {
        var shown = new JsonObject { ["path"] = path, ["is_dir"] = entry.IsFolder };
        if (!entry.IsFolder) shown["file_size"] = entry.Bytes;
        return shown;
    }
}
