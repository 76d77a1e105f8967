using System.Text.Json;

namespace Mesh.Console.Pages.Products;

/// <summary>A value of a row as a table shows it: short, whole as a tool tip as far as that helps.</summary>
/// <param name="Text">What is shown.</param>
/// <param name="Class">Style class; null for none.</param>
/// <param name="Title">The longer text; null when all is shown.</param>
public sealed record RowCell(string Text, string? Class, string? Title)
{
    private const int MaxText = 80;
    private const int MaxTitle = 2_000;

    /// <summary>The cell of a column; what the row lacks is absent.</summary>
    public static RowCell Of(JsonElement row, string column)
    {
        if (!row.TryGetProperty(column, out var value) || value.ValueKind == JsonValueKind.Null) return new("absent", "quiet", null);
        string text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        string? style = value.ValueKind == JsonValueKind.Number ? "number" : value.ValueKind is JsonValueKind.Object or JsonValueKind.Array ? "mono" : null;
        return text.Length <= MaxText ? new(text, style, null) : new(text[..MaxText] + "…", style, text.Length <= MaxTitle ? text : text[..MaxTitle] + "…");
    }
}
