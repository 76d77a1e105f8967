namespace Mesh.Commands.Signals;

/// <summary>Form of exported samples.</summary>
public enum SignalExport
{
    /// <summary>Comma-separated values (RFC 4180): the time, then a column per signal, empty where it has no sample at that time.</summary>
    Csv,

    /// <summary>Parquet with the same columns, absent values as nulls.</summary>
    Parquet,
}
