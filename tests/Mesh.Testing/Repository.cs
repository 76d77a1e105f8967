namespace Mesh.Testing;

/// <summary>The checkout the tests were built from.</summary>
public static class Repository
{
    /// <summary>Folder that holds Mesh.sln.</summary>
    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Mesh.sln"))) return folder.FullName;
        }

        throw new InvalidOperationException("Mesh.sln was not found above the test's folder.");
    }
}
