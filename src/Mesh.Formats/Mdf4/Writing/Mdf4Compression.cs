namespace Mesh.Formats.Mdf4;

/// <summary>How the writer stores data blocks (specification 4.1, "DZBLOCK", <c>dz_zip_type</c>).</summary>
public enum Mdf4Compression
{
    /// <summary>As they are: DT and SD blocks.</summary>
    None,

    /// <summary>Deflated.</summary>
    Deflate,

    /// <summary>Records transposed, then deflated: smaller for slowly changing signals. Variable-length values are deflated only.</summary>
    TransposedDeflate,
}
