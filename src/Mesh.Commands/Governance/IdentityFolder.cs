using Mesh.Model;
using Mesh.Training.Governance.Audit;

namespace Mesh.Commands.Governance;

/// <summary>Where a person's private keys are: files <c>NAME.pem</c> in the folder of MESH_IDENTITIES, else in <c>~/.config/mesh/identities</c>.</summary>
public static class IdentityFolder
{
    /// <summary>The folder.</summary>
    public static string Path => Environment.GetEnvironmentVariable("MESH_IDENTITIES") is { Length: > 0 } named
        ? named
        : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config", "mesh", "identities");

    /// <summary>File of an identity: a path as it is given, a name below the folder.</summary>
    public static string FileOf(string identity) => identity.Contains('/') || identity.EndsWith(".pem", StringComparison.Ordinal)
        ? identity
        : System.IO.Path.Combine(Path, identity + ".pem");

    /// <summary>Reads a key.</summary>
    /// <exception cref="MeshException"><c>MESH9603</c> when there is none.</exception>
    public static SigningKey Read(string identity) => SigningKey.Read(FileOf(identity));
}
