namespace Mesh.Formats.Mdf;

/// <summary>What a conversion refers to: a text, a nested conversion, or neither (a NIL link).</summary>
/// <param name="Text">The text.</param>
/// <param name="Conversion">The nested conversion.</param>
public sealed record MdfConversionReference(string? Text, MdfConversion? Conversion);
