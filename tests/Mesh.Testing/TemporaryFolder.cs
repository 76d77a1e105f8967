namespace Mesh.Testing;

/// <summary>A folder that lives as long as a test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    /// <summary>Creates it.</summary>
    public TemporaryFolder() => Path = Directory.CreateTempSubdirectory("mesh-test-").FullName;

    /// <summary>Absolute path.</summary>
    public string Path { get; }

    /// <summary>Path of something inside.</summary>
    public string this[params string[] segments] => System.IO.Path.Combine([Path, .. segments]);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
