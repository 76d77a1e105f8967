using System.Globalization;
using Mesh.Model;

namespace Mesh.Training.Governance;

/// <summary>A version as people write it: <c>NAME@VERSION</c>, or <c>NAME@ALIAS</c>.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Version">The version; null when an alias was written.</param>
/// <param name="Alias">The alias; null when a version was written.</param>
public sealed record ModelReference(string Name, int? Version, string? Alias)
{
    /// <summary>Reads a reference.</summary>
    /// <exception cref="MeshException"><c>MESH9620</c> when it is none.</exception>
    public static ModelReference Parse(string text)
    {
        int at = text.LastIndexOf('@');
        if (at > 0 && at < text.Length - 1)
        {
            string after = text[(at + 1)..];
            if (int.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out int version) && version > 0) return new ModelReference(text[..at], version, null);
            if (!char.IsAsciiDigit(after[0])) return new ModelReference(text[..at], null, after);
        }

        throw new MeshException("MESH9620", $"'{text}' is no version of a model: write NAME@VERSION or NAME@ALIAS, for example manoeuvre@1 or manoeuvre@released.");
    }

    /// <summary><c>NAME@VERSION</c>.</summary>
    public static string Text(string name, int version) => string.Create(CultureInfo.InvariantCulture, $"{name}@{version}");
}
