namespace Mesh.Testing;

/// <summary>How much is tested: <c>MESH_TESTS=fast|default|ci|full</c>.</summary>
public enum TestLevel
{
    /// <summary>Unit tests, under three minutes.</summary>
    Fast,
    /// <summary>What a developer runs: everything that needs nothing installed, and what is installed.</summary>
    Default,
    /// <summary>With the third-party clients and servers.</summary>
    Ci,
    /// <summary>With the large inputs.</summary>
    Full,
}
