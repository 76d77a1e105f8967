using System.Globalization;
using System.Text.RegularExpressions;

namespace Mesh.Onnx.Runtime;

/// <summary>Finds files that are named like the library of ONNX Runtime on this platform.</summary>
internal static partial class OrtFiles
{
    /// <summary>The library's files by a search's order; each file once, by whatever links it is found.</summary>
    public static IEnumerable<(string Path, OnnxRuntimeSource Source)> Find(OnnxRuntimeSearch search) =>
        Candidates(search).DistinctBy(found => File.Exists(found.Path) ? File.ResolveLinkTarget(found.Path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(found.Path) : found.Path);

    /// <summary>The library in a folder; null when there is none. The longest name is the most exact version.</summary>
    public static string? InFolder(string folder)
    {
        try
        {
            return Directory.EnumerateFiles(folder).Where(file => IsLibrary(Path.GetFileName(file)))
                .OrderByDescending(file => Path.GetFileName(file).Length).ThenByDescending(file => file, StringComparer.Ordinal).FirstOrDefault();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What Mesh installed for this platform below a folder, newest version first.</summary>
    public static IEnumerable<(string Version, string Folder)> Installed(string folder)
    {
        string suffix = $"-{OrtPlatform.Current}";
        try
        {
            return
            [
                .. Directory.EnumerateDirectories(folder).Select(found => (Name: Path.GetFileName(found), Folder: found))
                    .Where(found => found.Name.EndsWith(suffix, StringComparison.Ordinal) && !found.Name.StartsWith('.'))
                    .Select(found => (Version: found.Name[..^suffix.Length], found.Folder))
                    .OrderByDescending(found => SortKey(found.Version), StringComparer.Ordinal),
            ];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static IEnumerable<(string Path, OnnxRuntimeSource Source)> Candidates(OnnxRuntimeSearch search)
    {
        if (search.ConfiguredPath is { } configured) yield return (InConfigured(configured), OnnxRuntimeSource.Configured);
        foreach (var (_, folder) in search.InstalledFolder is { } installed ? Installed(installed) : [])
        {
            if (InFolder(folder) is { } file) yield return (file, OnnxRuntimeSource.Installed);
        }

        if (search.ApplicationFolder is { } application)
        {
            string[] folders = [application, Path.Combine(application, "runtimes", OrtPlatform.RuntimeIdentifier, "native")];
            foreach (string file in folders.Select(InFolder).OfType<string>()) yield return (file, OnnxRuntimeSource.Application);
        }

        foreach (string file in search.SystemFolders.Select(InFolder).OfType<string>()) yield return (file, OnnxRuntimeSource.System);
    }

    // A path that leads nowhere is given back as it is: whoever named it is told when it is loaded.
    private static string InConfigured(string path) =>
        !Directory.Exists(path) ? path : InFolder(path) ?? Installed(path).Select(found => InFolder(found.Folder)).OfType<string>().FirstOrDefault() ?? Path.Combine(path, OrtPlatform.LibraryName);

    private static bool IsLibrary(string name) =>
        OperatingSystem.IsWindows() ? name.Equals("onnxruntime.dll", StringComparison.OrdinalIgnoreCase) : OperatingSystem.IsMacOS() ? Dylib().IsMatch(name) : So().IsMatch(name);

    private static string SortKey(string version) =>
        string.Join('.', version.Split('.').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number.ToString("D9", CultureInfo.InvariantCulture) : part));

    [GeneratedRegex(@"^libonnxruntime\.so(\.\d+)*$")]
    private static partial Regex So();

    [GeneratedRegex(@"^libonnxruntime(\.\d+)*\.dylib$")]
    private static partial Regex Dylib();
}
