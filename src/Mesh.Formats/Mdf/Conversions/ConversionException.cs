namespace Mesh.Formats.Mdf.Conversions;

/// <summary>A conversion that makes no sense; the message completes "the conversion of X cannot be used: ".</summary>
internal sealed class ConversionException(string problem) : Exception(problem);
