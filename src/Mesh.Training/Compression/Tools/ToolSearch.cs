namespace Mesh.Training.Compression.Tools;

/// <summary>Finds vendors' tools.</summary>
/// <param name="configured">Paths by program name; they come first, and one that is not there is not replaced by another.</param>
/// <param name="searchPath">Folders as in PATH.</param>
internal sealed class ToolSearch(IReadOnlyDictionary<string, string> configured, string searchPath)
{
    /// <summary>The folder where the installer of Qualcomm's Apps SDK puts its programs, which it does not add to PATH.</summary>
    private const string CloudAiFolder = "/opt/qti-aic/exec";

    /// <summary>A tool by the name of its program.</summary>
    /// <param name="name">The program.</param>
    /// <param name="missing">Why there is none, for people.</param>
    public FoundTool? Find(string name, out string missing)
    {
        missing = "";
        if (configured.TryGetValue(name, out string? path))
        {
            if (IsProgram(path)) return new FoundTool(name, Path.GetFullPath(path));
            missing = $"{name} is not at '{path}', where `tools` of the compression targets has it";
            return null;
        }

        foreach (string folder in searchPath.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Append(CloudAiFolder))
        {
            string candidate = Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name);
            if (IsProgram(candidate)) return new FoundTool(name, Path.GetFullPath(candidate));
        }

        missing = $"{name} is not on PATH; install it, or name its path under `tools` of the compression targets";
        return null;
    }

    private static bool IsProgram(string path) =>
        File.Exists(path) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0);
}
