using System.Runtime.InteropServices;

namespace Mesh.Onnx.Runtime;

/// <summary>Where libraries of ONNX Runtime are looked for, in this order; the first that is found is used.</summary>
public sealed record OnnxRuntimeSearch
{
    /// <summary>Environment variable that names a library or its folder.</summary>
    public const string Variable = "MESH_ONNXRUNTIME";

    /// <summary>A library's file, the folder it lies in, or a folder that `mesh runtime install` fills; null (the default): nobody names one.</summary>
    public string? ConfiguredPath { get; init; }

    /// <summary>What names <see cref="ConfiguredPath"/>, for messages (default: <see cref="Variable"/>).</summary>
    public string ConfiguredBy { get; init; } = Variable;

    /// <summary>Folder with what Mesh installed (default: <c>mesh/runtimes/onnxruntime</c> in the user's data folder, <c>$XDG_DATA_HOME</c>); null: none.</summary>
    public string? InstalledFolder { get; init; } = DefaultInstalledFolder();

    /// <summary>Folder of the program, where Microsoft's package leaves its files (default: of this program); null: none.</summary>
    public string? ApplicationFolder { get; init; } = AppContext.BaseDirectory;

    /// <summary>Library folders of the system (default: those of this platform, <c>LD_LIBRARY_PATH</c> first).</summary>
    public IReadOnlyList<string> SystemFolders { get; init; } = DefaultSystemFolders();

    /// <summary>The user's data folder for runtimes; null where the user has none.</summary>
    public static string? DefaultInstalledFolder()
    {
        string data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return data.Length == 0 ? null : Path.Combine(data, "mesh", "runtimes", "onnxruntime");
    }

    private static string[] DefaultSystemFolders()
    {
        static string[] Split(string variable) =>
            (Environment.GetEnvironmentVariable(variable) ?? "").Split(Path.PathSeparator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        // Windows keeps an old version of its own in its system folder, which is on the path.
        if (OperatingSystem.IsWindows()) return [.. Split("PATH").Where(folder => !folder.Contains(@"\Windows\", StringComparison.OrdinalIgnoreCase))];
        if (OperatingSystem.IsMacOS()) return [.. Split("DYLD_LIBRARY_PATH"), "/opt/homebrew/lib", "/usr/local/lib"];
        string triplet = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
        return [.. Split("LD_LIBRARY_PATH"), "/usr/local/lib", $"/usr/local/lib/{triplet}", "/usr/local/lib64", $"/usr/lib/{triplet}", "/usr/lib64", "/usr/lib"];
    }
}
