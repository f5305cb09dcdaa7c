#pragma once

#include "drivers/nmea/byte_block_swar.h"

// The one place where the processor is asked for. Both blocks are tested against the same byte-wise reference.
#if defined(__SSE2__)
#include "drivers/nmea/byte_block_sse2.h"
namespace odograph::nmea {
using NativeBlock = Sse2Block;
}
#else
namespace odograph::nmea {
using NativeBlock = SwarBlock;
}
#endif
