namespace Mesh.Faults.Tests.Campaign;

/// <summary>What is wrong with a recording itself: F3 damage, F4 clocks, F5 poison.</summary>
internal enum ContentFault
{
    None,

    /// <summary>F3: the end is missing.</summary>
    Truncated,

    /// <summary>F3: a few bits are turned.</summary>
    Flipped,

    /// <summary>F3: the end is zeros, as a file system leaves it after a power cut.</summary>
    ZeroTail,

    /// <summary>F3: an MDF 4 file that nobody closed.</summary>
    Unfinalised,

    /// <summary>F3: a chunk whose checksum is wrong.</summary>
    BadCrc,

    /// <summary>F3: a small chunk that would be hundreds of megabytes.</summary>
    ZipBomb,

    /// <summary>F3: a record that says it has 2^63 bytes.</summary>
    AbsurdLength,

    /// <summary>F3: no recording at all.</summary>
    Nonsense,

    /// <summary>F4: the clock runs 300 ppm fast.</summary>
    ClockDrift,

    /// <summary>F4: the clock jumps ahead by an hour.</summary>
    ClockJump,

    /// <summary>F4: the clock is set back.</summary>
    ClockStepBack,

    /// <summary>F4: publish times are zero.</summary>
    NoPublishTime,

    /// <summary>F5: some payloads are cut short.</summary>
    BrokenPayloads,

    /// <summary>F5: some log times are beyond what can be expressed.</summary>
    TimeBeyond,

    /// <summary>F5: a channel in a language nobody knows.</summary>
    UnknownSchema,

    /// <summary>F5: in mid-recording a channel's schema gets another field.</summary>
    SchemaChange,

    /// <summary>F5: one message of many megabytes.</summary>
    BigMessage,
}
