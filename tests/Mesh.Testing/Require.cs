using Xunit;

namespace Mesh.Testing;

/// <summary>Conditions a test may need; a test whose condition does not hold is skipped with a reason that says how to get it.</summary>
public static class Require
{
    /// <summary>The level of this run.</summary>
    public static TestLevel Level { get; } = Enum.TryParse<TestLevel>(Environment.GetEnvironmentVariable("MESH_TESTS"), ignoreCase: true, out var level)
        ? level
        : TestLevel.Default;

    /// <summary>Skips below a level.</summary>
    public static void AtLeast(TestLevel level) =>
        Assert.SkipUnless(Level >= level, $"needs MESH_TESTS={level.ToString().ToLowerInvariant()}");

    /// <summary>A program on the PATH.</summary>
    /// <param name="program">Name of the executable.</param>
    /// <param name="remedy">How to install it.</param>
    public static string Program(string program, string remedy)
    {
        string? found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(found is null, $"needs {program}: {remedy}");
        return found!;
    }
}
