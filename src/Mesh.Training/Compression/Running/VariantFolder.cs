using System.Security.Cryptography;
using Mesh.Model;

namespace Mesh.Training.Compression.Running;

/// <summary>The folder of a variant: made beside its place, made durable, and moved there.</summary>
/// <param name="Variants">Folder of all variants of a version.</param>
/// <param name="Profile">Name of the profile.</param>
internal sealed record VariantFolder(string Variants, string Profile)
{
    /// <summary>Where it is in the end.</summary>
    public string Final => Path.Combine(Variants, Profile);

    /// <summary>Where it is made.</summary>
    public string Work => Path.Combine(Variants, $".{Profile}.tmp");

    private string Old => Path.Combine(Variants, $".{Profile}.old");

    /// <summary>Empties the place where it is made; what a dead process left is gone.</summary>
    public void Prepare()
    {
        foreach (string folder in new[] { Work, Old })
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(Work);
    }

    /// <summary>Every file with its digest, by path.</summary>
    /// <param name="roleOf">What a file is for.</param>
    public IReadOnlyList<VariantFile> List(Func<string, string> roleOf)
    {
        var files = new List<VariantFile>();
        foreach (string path in Directory.EnumerateFiles(Work, "*", SearchOption.AllDirectories))
        {
            string relative = Path.GetRelativePath(Work, path).Replace(Path.DirectorySeparatorChar, '/');
            if (relative == VariantManifest.FileName) continue;
            // A tool is somebody else's program: a link would lead out of the folder.
            if (new FileInfo(path).LinkTarget is not null) throw new MeshException("MESH9423", $"'{relative}' of the variant is a link; the tool that made it must leave files.");
            using var stream = File.OpenRead(path);
            files.Add(new VariantFile(relative, stream.Length, Convert.ToHexStringLower(SHA256.HashData(stream)), roleOf(relative)));
        }

        return [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    /// <summary>Makes everything durable and puts it in place of what was there.</summary>
    public void Publish()
    {
        foreach (string path in Directory.EnumerateFiles(Work, "*", SearchOption.AllDirectories))
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.FlushToDisk(file);
        }

        foreach (string folder in Directory.EnumerateDirectories(Work, "*", SearchOption.AllDirectories).Append(Work)) FolderSync.Flush(folder);
        if (Directory.Exists(Final)) Directory.Move(Final, Old);
        Directory.Move(Work, Final);
        FolderSync.Flush(Variants);
        if (Directory.Exists(Old)) Directory.Delete(Old, recursive: true);
    }
}
