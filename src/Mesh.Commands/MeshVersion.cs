using System.Reflection;

namespace Mesh.Commands;

/// <summary>Version of this program.</summary>
public static class MeshVersion
{
    /// <summary>As <c>mesh --version</c> prints it.</summary>
    public static string Text { get; } =
        typeof(MeshVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
