using System.Security.Cryptography;
using Mesh.Model;

namespace Mesh.Training.Handoff.Verification;

/// <summary>The files of a bundle, read as somebody else's: no link is followed, no name leads out, nothing larger than the limit is taken into memory.</summary>
internal sealed class BundleFolder
{
    /// <summary>Largest file that is taken into memory whole.</summary>
    public const long MaxBytes = 1L << 30;

    private readonly Dictionary<string, byte[]> read = [];

    /// <param name="root">The folder.</param>
    /// <exception cref="MeshException"><c>MESH9504</c> when there is none.</exception>
    public BundleFolder(string root)
    {
        Root = Path.GetFullPath(root);
        if (!Directory.Exists(Root)) throw new MeshException("MESH9504", $"There is no folder '{Root}'. `mesh models handoff NAME@VERSION -o DIR` writes a bundle.");
    }

    /// <summary>Absolute path.</summary>
    public string Root { get; }

    /// <summary>Names of everything in it that is no folder, with whether it is a regular file, in order.</summary>
    public IReadOnlyList<(string Name, bool IsRegular)> List()
    {
        var found = new List<(string, bool)>();
        var folders = new Stack<string>([""]);
        while (folders.TryPop(out string? folder))
        {
            foreach (var entry in new DirectoryInfo(Path.Combine(Root, folder)).EnumerateFileSystemInfos())
            {
                string name = folder.Length == 0 ? entry.Name : $"{folder}/{entry.Name}";
                bool isLink = entry.LinkTarget is not null;
                if (!isLink && entry is DirectoryInfo) folders.Push(name);
                else found.Add((name, !isLink));
            }
        }

        return [.. found.OrderBy(file => file.Item1, StringComparer.Ordinal)];
    }

    /// <summary>Whether a name stays inside and is written in the one way it can be.</summary>
    public static bool IsPlain(string name) =>
        name.Length > 0 && !name.Contains('\\') && !name.Contains('\0') && name.Split('/').All(part => part is not ("" or "." or ".."));

    /// <summary>Whether there is a regular file.</summary>
    public bool Has(string name)
    {
        var file = new FileInfo(Path.Combine(Root, name));
        return IsPlain(name) && file.Exists && !HasLink(name);
    }

    /// <summary>A file's bytes.</summary>
    /// <exception cref="MeshException"><c>MESH9511</c> when it is not there, <c>MESH9513</c> when it is no regular file, <c>MESH9514</c> when its name leads out.</exception>
    public byte[] Read(string name)
    {
        if (read.TryGetValue(name, out byte[]? bytes)) return bytes;
        if (!IsPlain(name)) throw new MeshException("MESH9514", $"'{name}' is no name of a file inside the bundle.");
        if (HasLink(name)) throw new MeshException("MESH9513", $"'{name}' is, or lies behind, a symbolic link.");
        var file = new FileInfo(Path.Combine(Root, name));
        if (!file.Exists) throw new MeshException("MESH9511", $"'{name}' is missing.");
        if (file.Length > MaxBytes) throw new MeshException("MESH9513", $"'{name}' has {file.Length:N0} bytes, more than {MaxBytes:N0}.");
        // A pipe or a device says that it has no bytes, and would be waited for if it were opened; as no bytes it has the wrong digest.
        return read[name] = file.Length == 0 ? [] : File.ReadAllBytes(file.FullName);
    }

    /// <summary>SHA-256 of a regular file of any size, and the size.</summary>
    public (string Sha256, long Bytes) Digest(string name)
    {
        if (!Has(name)) throw new MeshException("MESH9511", $"'{name}' is missing, or no regular file.");
        var file = new FileInfo(Path.Combine(Root, name));
        if (file.Length == 0) return (HandoffJson.Sha256([]), 0);
        using var stream = file.OpenRead();
        return (Convert.ToHexStringLower(SHA256.HashData(stream)), stream.Length);
    }

    /// <summary>Names of the regular files of a folder and below, in order.</summary>
    public IReadOnlyList<string> ListBelow(string folder) =>
        [.. List().Where(file => file.IsRegular && file.Name.StartsWith(folder + "/", StringComparison.Ordinal)).Select(file => file.Name)];

    private bool HasLink(string name)
    {
        string path = Root;
        foreach (string part in name.Split('/'))
        {
            path = Path.Combine(path, part);
            if (new FileInfo(path).LinkTarget is not null) return true;
        }

        return false;
    }
}
