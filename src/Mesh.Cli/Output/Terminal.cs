namespace Mesh.Cli;

/// <summary>The process's standard streams. Within this namespace the name <c>Console</c> is Mesh's web console.</summary>
internal static class Terminal
{
    public static TextWriter Out => System.Console.Out;

    public static TextWriter Error => System.Console.Error;

    public static bool IsOutputRedirected => System.Console.IsOutputRedirected;

    public static bool IsErrorRedirected => System.Console.IsErrorRedirected;

    public static Stream OpenStandardOutput() => System.Console.OpenStandardOutput();
}
