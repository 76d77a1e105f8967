namespace Mesh.Training.Loading;

/// <summary>What becomes of columns of text, which tensors do not hold.</summary>
public enum TextTensors
{
    /// <summary>Numbers of the values in their ordinal order; the values are in the stream's first frame. -1 where there is none.</summary>
    Codes,

    /// <summary>UTF-8 bytes with offsets.</summary>
    Bytes,

    /// <summary>An error.</summary>
    Refuse,
}
