//! Pretend counterparts on the real wire, with faults on demand. Shares no code with the product.
