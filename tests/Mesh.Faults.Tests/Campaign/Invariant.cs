namespace Mesh.Faults.Tests.Campaign;

/// <summary>What is promised whatever happens.</summary>
internal enum Invariant
{
    /// <summary>I1: every message of an acknowledged upload is in the lake or in a dead letter with its coordinates.</summary>
    Conservation,

    /// <summary>I2: a row is there once, and a file is added by one snapshot.</summary>
    Uniqueness,

    /// <summary>I3: what is read back equals what was recorded.</summary>
    Integrity,

    /// <summary>I4: nothing is there that was not uploaded.</summary>
    NoInvention,

    /// <summary>I5: positions never go backwards.</summary>
    Offsets,

    /// <summary>I6: a trigger fires once for each range of snapshots, and each firing has one job.</summary>
    Trigger,

    /// <summary>I7: after a fault a fresh upload is committed within a minute, and processes do not die by themselves.</summary>
    Liveness,

    /// <summary>I8: memory stays under the cap.</summary>
    Memory,

    /// <summary>I9: no orphans after a sweep, and no file missing that is referred to.</summary>
    Orphans,

    /// <summary>I10: each intended fault really occurred.</summary>
    Coverage,

    /// <summary>I11: others can read every table at any moment.</summary>
    Readable,
}
