using Xunit;

namespace Mesh.Testing;

/// <summary>Recordings made by other people, found through <c>MESH_TEST_DATA</c> or beside the clone; never part of the repository.</summary>
public static class TestData
{
    /// <summary>The folder, or null when it is absent.</summary>
    public static string? Root { get; } = Find();

    /// <summary>A file or folder below the root; the test is skipped when the data is absent.</summary>
    public static string PathOf(params string[] segments)
    {
        Assert.SkipWhen(Root is null, "needs the shared test recordings: set MESH_TEST_DATA to their folder");
        return Path.Combine([Root!, .. segments]);
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("MESH_TEST_DATA") is { Length: > 0 } configured)
        {
            return Directory.Exists(configured) ? configured : null;
        }

        string beside = Path.Combine(Repository.Root, "..", "shared", "data");
        return Directory.Exists(beside) ? Path.GetFullPath(beside) : null;
    }
}
