namespace Mesh.Formats.Mdf4;

/// <summary>An SI block: where signals come from.</summary>
/// <param name="Name">Name.</param>
/// <param name="Path">Path in the tool's own terms.</param>
/// <param name="Bus">Bus as <see cref="Mdf.MdfRecordLayout.Bus"/> writes it; empty for none.</param>
internal sealed record Mdf4Source(string Name, string Path, string Bus)
{
    public static readonly Mdf4Source None = new("", "", "");
}
